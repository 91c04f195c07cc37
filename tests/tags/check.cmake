# tests/tags/check.cmake - every tag in INCLUDE stands in a test, too.
#
# SPDX-License-Identifier: BSL-1.0
#
# INCLUDE: the folder of the headers; TESTS: the folder of the tests. A tag of a paper is a bracket that begins with the key of the paper. A
# tag of the specification of locks is (locks 3.5) at a rule, or several in one (locks 3.6, R4); the title of a test of those, or the
# comment on top of a scenario, begins with `locks 3.6, R4: `. There a number alone belongs to the section before it: 3.12/67, 71.

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

# What titles say that they show of locks. Mutants, which begin with M, are listed elsewhere.
set(complaints)
set(shown)
string(REGEX MATCHALL "[\"#] ?locks [^:\"\n]*:" titles "${tested}")
foreach(title IN LISTS titles)
    string(REGEX REPLACE ".*locks ([^:]*):" "\\1" numbers "${title}")
    string(REPLACE ", " ";" numbers "${numbers}")
    set(section)
    foreach(number IN LISTS numbers)
        if(number MATCHES "^(3[.][0-9]+)/[0-9]+[a-d]?$")
            set(section "${CMAKE_MATCH_1}/")
            list(APPEND shown "${number}")
        elseif(number MATCHES "^(R[0-9]+|3[.][0-9]+)$")
            list(APPEND shown "${number}")
        elseif(section AND number MATCHES "^[0-9]+[a-d]?$")
            list(APPEND shown "${section}${number}")
        elseif(NOT number MATCHES "^M[0-9]+$")
            string(APPEND complaints "\n  a title begins with ${title} where ${number} is no tag")
        endif()
    endforeach()
endforeach()
string(REGEX MATCHALL "[({]locks (R|3[.])[^)}\n]*|\"R[0-9]+: " strays "${tested}")
foreach(stray IN LISTS strays)
    string(APPEND complaints "\n  a title has ${stray}, and does not begin with it as locks 3.5: does")
endforeach()

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
    string(REGEX MATCHALL "[({]locks[ \n][^)}\n]*[)}\n]|[({](R[0-9]|3[.][0-9])[^)}\n]*[)}\n]" tags "${text}")
    list(REMOVE_DUPLICATES tags)
    foreach(tag IN LISTS tags)
        if(NOT tag MATCHES "^[(]locks ([^)]*)[)]$")
            string(REGEX REPLACE "[^a-zA-Z0-9., /]" "" words "${tag}")
            string(APPEND complaints "\n  ${header}: the tag (${words}) is not spelled as (locks 3.5) on one line")
            continue()
        endif()
        string(REPLACE ", " ";" numbers "${CMAKE_MATCH_1}")
        foreach(number IN LISTS numbers)
            if(NOT number IN_LIST shown)
                string(APPEND complaints "\n  ${header}: the tag (locks ${number}) has no test")
            endif()
        endforeach()
    endforeach()
endforeach()

if(complaints)
    message(FATAL_ERROR "Rules without proof:${complaints}")
endif()
