# tests/layers/self_test.cmake - CHECK fails for INCLUDE and says exactly the lines of EXPECTED.
#
# SPDX-License-Identifier: BSL-1.0

cmake_minimum_required(VERSION 3.25)

execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DINCLUDE=${INCLUDE}" -P "${CHECK}"
    RESULT_VARIABLE status
    ERROR_VARIABLE output)
if(status EQUAL 0)
    message(FATAL_ERROR "The checker passes a tree that breaks every rule")
endif()

string(REGEX MATCHALL "\n +synod/[^\n]*" said "${output}")
list(TRANSFORM said STRIP)
file(STRINGS "${EXPECTED}" expected)
list(SORT said)
list(SORT expected)
if(NOT "${said}" STREQUAL "${expected}")
    list(JOIN said "\n  " said)
    list(JOIN expected "\n  " expected)
    message(FATAL_ERROR "expected\n  ${expected}\nsaid\n  ${said}")
endif()
