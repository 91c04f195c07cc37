# tests/mutants/table.cmake - writes what PROGRAM prints to TABLE, and prints it if it is not all well.
#
# SPDX-License-Identifier: BSL-1.0

cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND "${PROGRAM}" RESULT_VARIABLE code OUTPUT_FILE "${TABLE}")
if(NOT code EQUAL 0)
    file(READ "${TABLE}" text)
    message(FATAL_ERROR "${text}\n${PROGRAM} ended with ${code}")
endif()
