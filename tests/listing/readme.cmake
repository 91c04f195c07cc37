# tests/listing/readme.cmake - the README shows the smallest program as it is compiled.
#
# SPDX-License-Identifier: BSL-1.0
#
# README: the file; EXAMPLE: the program that its first block of C++ must be, from the first #include on.

cmake_minimum_required(VERSION 3.25)

file(READ "${README}" readme)
file(READ "${EXAMPLE}" example)

string(FIND "${example}" "#include" begin)
string(SUBSTRING "${example}" ${begin} -1 program)

set(fence "```")
string(FIND "${readme}" "${fence}cpp\n" begin)
if(begin EQUAL -1)
    message(FATAL_ERROR "${README} shows no program")
endif()
math(EXPR begin "${begin} + 7")
string(SUBSTRING "${readme}" ${begin} -1 shown)
string(FIND "${shown}" "${fence}" end)
string(SUBSTRING "${shown}" 0 ${end} shown)

if(NOT shown STREQUAL program)
    message(FATAL_ERROR "${README} shows another program than ${EXAMPLE}")
endif()
