# tests/format/check.cmake - every source under ROOT is formatted as .clang-format says, and comments end where code does.
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

# The formatter leaves comments alone.
string(REPEAT "." 101 too_wide)
foreach(source IN LISTS sources)
    file(STRINGS "${source}" wide REGEX "^${too_wide}")
    if(wide)
        message(SEND_ERROR "Wider than 100 columns in ${source}:\n  ${wide}")
    endif()
endforeach()

set(action --dry-run --Werror)
if(FIX)
    set(action -i)
endif()
execute_process(COMMAND "${CLANG_FORMAT}" --style=file ${action} ${sources} COMMAND_ERROR_IS_FATAL ANY)
