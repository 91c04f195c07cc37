# tests/consumer/run.cmake - configures, builds and runs one program that uses synod from outside.
#
# SPDX-License-Identifier: BSL-1.0
#
# KIND: the consumer's folder; SYNOD_SOURCE, SYNOD_BINARY: synod's own folders; WORK: a folder of the test's own; COMPILER,
# FLAGS, BUILD_TYPE, GENERATOR: as synod itself is built.

cmake_minimum_required(VERSION 3.25)

# From scratch each time, so that nothing installed or found earlier hides a failure.
file(REMOVE_RECURSE "${WORK}")

set(options "-DSYNOD_SOURCE=${SYNOD_SOURCE}")
if(KIND STREQUAL "find_package")
    execute_process(COMMAND "${CMAKE_COMMAND}" --install "${SYNOD_BINARY}" --prefix "${WORK}/prefix"
                    COMMAND_ERROR_IS_FATAL ANY)
    set(options "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
endif()

execute_process(
    COMMAND
        "${CMAKE_COMMAND}" -G "${GENERATOR}" -S "${CMAKE_CURRENT_LIST_DIR}/${KIND}" -B "${WORK}/build"
        "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" ${options}
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/build" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${WORK}/build/consumer" COMMAND_ERROR_IS_FATAL ANY)
