# tests/listing/check.cmake - a file on disk that no list names, or a name without a file, is an error.
#
# SPDX-License-Identifier: BSL-1.0
#
# ROOT: the folder that FOLDERS (separated by commas) stand in; PATTERN: which files count; LIST_FILE: absolute paths, one a line.

cmake_minimum_required(VERSION 3.25)

file(STRINGS "${LIST_FILE}" listed)
string(REPLACE "," ";" folders "${FOLDERS}")

set(found)
foreach(folder IN LISTS folders)
    file(GLOB_RECURSE files LIST_DIRECTORIES FALSE "${ROOT}/${folder}/${PATTERN}")
    list(APPEND found ${files})
endforeach()

set(complaints)
foreach(file IN LISTS found)
    if(NOT file IN_LIST listed)
        string(APPEND complaints "\n  ${file} is in no list")
    endif()
endforeach()
foreach(file IN LISTS listed)
    if(NOT EXISTS "${file}")
        string(APPEND complaints "\n  ${file} is listed and does not exist")
    endif()
endforeach()

set(unique ${listed})
list(REMOVE_DUPLICATES unique)
if(NOT "${unique}" STREQUAL "${listed}")
    string(APPEND complaints "\n  the list names a file twice")
endif()

if(complaints)
    message(FATAL_ERROR "The list and the folder differ:${complaints}")
endif()
