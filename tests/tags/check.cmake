# tests/tags/check.cmake - every tag of a paper in INCLUDE stands in a test, too.
#
# SPDX-License-Identifier: BSL-1.0
#
# INCLUDE: the folder of the headers; TESTS: the folder of the tests. A tag is a bracket that begins with the key of a paper.

cmake_minimum_required(VERSION 3.25)

# Brackets and semicolons would be taken for the syntax of CMake's lists.
function(read_plainly file result)
    file(READ "${file}" text)
    string(REPLACE "[" "{" text "${text}")
    string(REPLACE "]" "}" text "${text}")
    string(REPLACE ";" "," text "${text}")
    set(${result} "${text}" PARENT_SCOPE)
endfunction()

set(key "{(PMS|PTP|PMMC|FPaxos|Raft)")

file(GLOB_RECURSE test_files "${TESTS}/*.cpp" "${TESTS}/*.hpp" "${TESTS}/*.txt")
set(tested "")
foreach(file IN LISTS test_files)
    # The fixtures of this very check are no tests of a rule.
    if(NOT file MATCHES "/tags/fixture/" OR TESTS MATCHES "/tags/fixture/")
        read_plainly("${file}" text)
        # A tag in a comment promises a test and is none; a title is code.
        string(REGEX REPLACE "//[^\n]*" "" text "${text}")
        string(APPEND tested "${text}")
    endif()
endforeach()

set(complaints)
file(GLOB_RECURSE headers "${INCLUDE}/*")
foreach(header IN LISTS headers)
    read_plainly("${header}" text)
    string(REGEX MATCHALL "${key}[^}\n]*[}\n]" tags "${text}")
    list(REMOVE_DUPLICATES tags)
    foreach(tag IN LISTS tags)
        string(FIND "${tested}" "${tag}" position)
        string(REGEX REPLACE "[{}\n]" "" words "${tag}")
        if(NOT tag MATCHES "}$")
            string(APPEND complaints "\n  ${header}: the tag (${words} is not closed on its line")
        elseif(position EQUAL -1)
            string(APPEND complaints "\n  ${header}: the tag (${words}) has no test")
        endif()
    endforeach()
endforeach()

if(complaints)
    message(FATAL_ERROR "Rules without proof:${complaints}")
endif()
