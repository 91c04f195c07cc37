# tests/explore/ending.cmake - PROGRAM, run with ARGUMENTS, ends with CODE.
#
# SPDX-License-Identifier: BSL-1.0

cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND "${PROGRAM}" ${ARGUMENTS} RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
if(NOT code STREQUAL CODE)
    message(FATAL_ERROR "${PROGRAM} ended with ${code}, not with ${CODE}")
endif()
