# tests/compile_fail/check.cmake - FILE fails to compile for the reason that it names, and its control compiles.
#
# SPDX-License-Identifier: BSL-1.0
#
# COMPILER, FLAGS (separated by |), INCLUDE, FILE; KIND: `fails` or `control`.

cmake_minimum_required(VERSION 3.25)

string(REPLACE "|" ";" flags "${FLAGS}")
if(KIND STREQUAL "control")
    list(APPEND flags -DCONTROL)
endif()

# Compilers speak the language of their user; the expectation is written in one.
set(ENV{LC_ALL} C)
execute_process(
    COMMAND "${COMPILER}" ${flags} -std=c++20 -fsyntax-only "-I${INCLUDE}" -x c++ "${FILE}"
    RESULT_VARIABLE status
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)

if(KIND STREQUAL "control")
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "The control does not build:\n${output}")
    endif()
    return()
endif()

file(STRINGS "${FILE}" expectations REGEX "^// EXPECT: ")
list(LENGTH expectations count)
if(NOT count EQUAL 1)
    message(FATAL_ERROR "${FILE} needs one line `// EXPECT: leaf`")
endif()
string(REGEX REPLACE "^// EXPECT: *" "" leaf "${expectations}")
string(STRIP "${leaf}" leaf)

if(status EQUAL 0)
    message(FATAL_ERROR "The file builds and must not")
endif()

# The compiler quotes the source, so only its own complaints count: those lines that stand in no quoted excerpt.
string(REGEX REPLACE "\n *[0-9]* \\|[^\n]*" "" complaints "\n${output}")
if(NOT complaints MATCHES "(^|[^A-Za-z0-9_])${leaf}([^A-Za-z0-9_]|$)")
    message(FATAL_ERROR "The compiler says nothing of ${leaf}:\n${output}")
endif()
