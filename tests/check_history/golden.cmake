# tests/check_history/golden.cmake - a command says what it is expected to say, and ends as expected.
#
# SPDX-License-Identifier: BSL-1.0
#
# COMMAND: the program; ARGUMENTS: separated by commas; FOLDER: where it runs; EXPECTED: the file with its output, then its errors,
# then its exit status; REWRITE: when true, writes that file instead.

cmake_minimum_required(VERSION 3.25)

string(REPLACE "," ";" arguments "${ARGUMENTS}")
execute_process(
    COMMAND "${COMMAND}" ${arguments}
    WORKING_DIRECTORY "${FOLDER}"
    OUTPUT_VARIABLE output
    ERROR_VARIABLE errors
    RESULT_VARIABLE status)
set(said "${output}${errors}exit status ${status}\n")

if(REWRITE)
    file(WRITE "${EXPECTED}" "${said}")
    return()
endif()

file(READ "${EXPECTED}" expected)
if(NOT said STREQUAL expected)
    message(FATAL_ERROR "Other than in ${EXPECTED} it says:\n${said}")
endif()
