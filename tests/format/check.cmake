# tests/format/check.cmake - every source under ROOT is formatted as .clang-format says.
#
# SPDX-License-Identifier: BSL-1.0
#
# ROOT, CLANG_FORMAT; FIX: when true, formats instead of complaining.

cmake_minimum_required(VERSION 3.25)

set(sources)
foreach(folder IN ITEMS include tests bench examples)
    file(GLOB_RECURSE files "${ROOT}/${folder}/*.hpp" "${ROOT}/${folder}/*.cpp")
    list(APPEND sources ${files})
endforeach()
# What stands there is wrong on purpose.
list(FILTER sources EXCLUDE REGEX "/tests/layers/bad/")
if(NOT sources)
    message(FATAL_ERROR "There is nothing to check under ${ROOT}")
endif()

set(action --dry-run --Werror)
if(FIX)
    set(action -i)
endif()
execute_process(COMMAND "${CLANG_FORMAT}" --style=file ${action} ${sources} COMMAND_ERROR_IS_FATAL ANY)
