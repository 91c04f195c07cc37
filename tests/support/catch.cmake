# SPDX-License-Identifier: BSL-1.0

# Debian 12 has 2.13, newer systems have 3; support/catch.hpp serves both.
find_package(Catch2 QUIET)
if(NOT Catch2_FOUND)
    include(FetchContent)
    FetchContent_Declare(
        Catch2
        GIT_REPOSITORY https://github.com/catchorg/Catch2.git
        GIT_TAG v2.13.10
        GIT_SHALLOW TRUE
        SYSTEM)
    FetchContent_MakeAvailable(Catch2)
    set(Catch2_VERSION 2.13.10)
endif()

# Catch2 2.13 exits 0 when a name matches no test, unless told to warn; Catch2 3 fails by itself and refuses the option.
set(synod_catch_arguments)
if(Catch2_VERSION VERSION_LESS 3)
    set(synod_catch_arguments --warn NoTests)
endif()

# Catch2's main function comes compiled, but for a 2.13 that was built without it.
if(TARGET Catch2::Catch2WithMain)
    add_library(synod_test_main INTERFACE)
    target_link_libraries(synod_test_main INTERFACE synod::synod Catch2::Catch2WithMain)
    target_include_directories(synod_test_main INTERFACE "${CMAKE_CURRENT_SOURCE_DIR}")
else()
    # Catch2's own implementation is no business of the linter, and not worth optimising.
    add_library(synod_test_main STATIC "${CMAKE_CURRENT_SOURCE_DIR}/support/main.cpp")
    target_link_libraries(synod_test_main PUBLIC synod::synod Catch2::Catch2)
    target_include_directories(synod_test_main PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
    set_target_properties(synod_test_main PROPERTIES CXX_CLANG_TIDY "")
    target_compile_options(synod_test_main PRIVATE -O0)
endif()
