# tests/listing/lines.cmake - FILE has at most LIMIT lines.
#
# SPDX-License-Identifier: BSL-1.0

cmake_minimum_required(VERSION 3.25)

file(READ "${FILE}" text)
string(REGEX REPLACE "[^\n]" "" breaks "${text}")
string(LENGTH "${breaks}" lines)
if(lines GREATER LIMIT)
    message(FATAL_ERROR "An example is too long:\n  ${FILE} has ${lines} lines, and at most ${LIMIT} are allowed")
endif()
