# tests/layers/check.cmake - what each header under INCLUDE/synod may include.
#
# SPDX-License-Identifier: BSL-1.0
#
# INCLUDE: the folder that holds synod/. Ends with an error that names every include that breaks a rule.

cmake_minimum_required(VERSION 3.25)

# A header may include those of its own layer and of lower ones.
set(rank_base 0)
set(rank_paxos 1)
set(rank_log 2)
set(rank_lock 3)
set(rank_txn 4)
set(rank_shard 4)
set(rank_wire 5)
set(rank_host 6)
set(rank_client 7)
set(rank_backend 8)

# Transports and storages are templates over message and codec, so base is all they need, and the core never needs them.
set(batteries transport storage)
set(may_include_batteries host client backend testing)

set(sees_everything testing)
set(core base paxos log lock wire)
set(never_in_the_whole backend testing)

set(standard_headers
    algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
    clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
    cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream
    functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
    memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator
    semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view
    strstream syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility
    valarray variant vector version)

# No thread, no clock, no chance, and nothing that is dear to compile.
set(forbidden_in_core
    barrier chrono condition_variable ctime functional future iostream latch mutex random regex semaphore shared_mutex
    stop_token thread)

set(complaints)

macro(complain header text)
    string(APPEND complaints "\n  synod/${header}: ${text}")
endmacro()

# The layer of a path below synod/: its first folder, or `umbrella` for a file beside the folders.
function(layer_of path result)
    if(path MATCHES "^([^/]+)/")
        set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
    else()
        set(${result} umbrella PARENT_SCOPE)
    endif()
endfunction()

macro(check_own_include header from to path)
    if(NOT "${to}" STREQUAL "umbrella" AND NOT DEFINED rank_${to} AND NOT "${to}" IN_LIST batteries
       AND NOT "${to}" IN_LIST sees_everything)
        complain("${header}" "includes ${path}, which belongs to no layer")
    elseif("${from}" IN_LIST sees_everything)
        # Nothing is above it.
    elseif("${to}" IN_LIST sees_everything)
        complain("${header}" "includes ${path} from above (${to})")
    elseif("${to}" STREQUAL "umbrella")
        complain("${header}" "includes the umbrella ${path} instead of what it uses")
    elseif("${from}" IN_LIST batteries)
        if(NOT "${to}" STREQUAL "base" AND NOT "${to}" STREQUAL "${from}")
            complain("${header}" "includes ${path} (${from} may include base only)")
        endif()
    elseif("${to}" IN_LIST batteries)
        if(NOT "${from}" IN_LIST may_include_batteries)
            complain("${header}" "includes ${path} (${from} must not know any ${to})")
        endif()
    elseif(rank_${to} GREATER rank_${from})
        complain("${header}" "includes ${path} from above (${to} stands above ${from})")
    endif()
endmacro()

macro(check_foreign_include header from path)
    if("${from}" IN_LIST core)
        if("${path}" IN_LIST forbidden_in_core)
            complain("${header}" "includes <${path}>, which the core must not")
        elseif(NOT "${path}" IN_LIST standard_headers)
            complain("${header}" "includes <${path}>, which is not of the C++ standard library")
        endif()
    endif()
endmacro()

# An umbrella named after a layer opens that layer; any other is the whole library, without what needs more than it.
macro(check_umbrella header text)
    string(REGEX REPLACE "//[^\n]*" "" bare "${text}")
    string(REGEX REPLACE "#[ \t]*(pragma once|include <synod/[^>\n]+>)" "" bare "${bare}")
    string(STRIP "${bare}" bare)
    if(NOT "${bare}" STREQUAL "")
        complain("${header}" "is an umbrella and does more than include headers of synod")
    endif()
endmacro()

macro(check_umbrella_include header to path)
    cmake_path(GET header STEM stem)
    if("${to}" STREQUAL "umbrella")
        cmake_path(GET path STEM layer)
    else()
        set(layer "${to}")
    endif()
    if(DEFINED rank_${stem})
        if(NOT DEFINED rank_${layer} OR rank_${layer} GREATER rank_${stem})
            complain("${header}" "includes ${path} from above (${layer} stands above ${stem})")
        endif()
    elseif("${layer}" IN_LIST never_in_the_whole AND NOT "${layer}" STREQUAL "${stem}")
        complain("${header}" "includes ${path} (${layer} stays out of the whole)")
    endif()
endmacro()

macro(check_header header)
    file(READ "${INCLUDE}/synod/${header}" text)
    # Semicolons and brackets would be taken for the syntax of CMake's lists.
    string(REGEX REPLACE "[][;\\\\]" "_" text "${text}")
    layer_of("${header}" from)
    if("${from}" STREQUAL "umbrella")
        check_umbrella("${header}" "${text}")
    elseif(NOT DEFINED rank_${from} AND NOT "${from}" IN_LIST batteries AND NOT "${from}" IN_LIST sees_everything)
        complain("${header}" "stands in a folder that is no layer")
    endif()

    string(REGEX MATCHALL "(^|\n)[ \t]*#[ \t]*include[^\n]*" directives "${text}")
    foreach(directive IN LISTS directives)
        if(directive MATCHES "include[ \t]*<synod/([^>]+)>")
            set(path "${CMAKE_MATCH_1}")
            layer_of("${path}" to)
            if(NOT EXISTS "${INCLUDE}/synod/${path}")
                complain("${header}" "includes ${path}, which does not exist")
            elseif(NOT "${from}" STREQUAL "umbrella")
                check_own_include("${header}" "${from}" "${to}" "${path}")
            else()
                check_umbrella_include("${header}" "${to}" "${path}")
            endif()
        elseif(directive MATCHES "include[ \t]*<([^>]+)>")
            check_foreign_include("${header}" "${from}" "${CMAKE_MATCH_1}")
        else()
            string(STRIP "${directive}" directive)
            complain("${header}" "includes without angle brackets: ${directive}")
        endif()
    endforeach()
endmacro()

file(GLOB_RECURSE headers RELATIVE "${INCLUDE}/synod" "${INCLUDE}/synod/*")
foreach(header IN LISTS headers)
    check_header("${header}")
endforeach()

if(complaints)
    message(FATAL_ERROR "The layers are broken:${complaints}")
endif()
