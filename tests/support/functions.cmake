# SPDX-License-Identifier: BSL-1.0

# Remembers sources as registered; the test `listing.sources` fails for a file on disk that nobody registered.
function(synod_register_sources)
    foreach(source IN LISTS ARGN)
        cmake_path(ABSOLUTE_PATH source NORMALIZE)
        set_property(GLOBAL APPEND PROPERTY SYNOD_REGISTERED_SOURCES "${source}")
    endforeach()
endfunction()

# Makes a program that runs threads known to the thread sanitizer's leg.
function(synod_mark_threaded target)
    find_package(Threads REQUIRED)
    target_link_libraries(${target} PRIVATE Threads::Threads)
    add_dependencies(threaded ${target})
endfunction()

# Compiles these sources of a layer as one translation unit.
function(synod_group_units layer group)
    set(units ${ARGN})
    list(TRANSFORM units PREPEND "${layer}/")
    set_source_files_properties(${units} PROPERTIES UNITY_GROUP "${group}")
endfunction()

# synod_unit_test(<layer> <subject>.cpp... [PROGRAM <name>] [THREADS] [LEVEL <level>] [LABELS <label>...]
#                 [TOGETHER <subject>.cpp...] [IN_SEVENS <subject>.cpp...])
#
# Builds one program from <layer>/<subject>.cpp and registers each file as the test unit.<layer>.<subject>. THREADS links
# the thread library and labels the tests `threads`. A layer may be given several times: once with THREADS, once without, and with
# programs of other names. Those that are given TOGETHER are one translation unit, which instantiates what all of them use once; of
# those IN_SEVENS, every seven are. A release is optimised at LEVEL.
function(synod_unit_test layer)
    cmake_parse_arguments(PARSE_ARGV 1 arg "THREADS" "LEVEL;PROGRAM" "LABELS;TOGETHER;IN_SEVENS")
    set(subjects ${arg_UNPARSED_ARGUMENTS} ${arg_IN_SEVENS} ${arg_TOGETHER})
    set(labels unit ${arg_LABELS})
    set(program "unit_${layer}")
    set(processors 1)
    if(arg_PROGRAM)
        set(program "${arg_PROGRAM}")
    endif()
    if(arg_THREADS)
        string(APPEND program "_threads")
        list(APPEND labels threads)
        set(processors 2)
    endif()

    set(sources ${subjects})
    list(TRANSFORM sources PREPEND "${layer}/")
    synod_register_sources(${sources})
    add_executable(${program} ${sources})
    target_link_libraries(${program} PRIVATE synod_test_main)
    synod_compile_quickly(${program} ${arg_LEVEL})
    if(arg_THREADS)
        synod_mark_threaded(${program})
    endif()
    list(LENGTH subjects number)
    if(number GREATER 10)
        # Catch2 is half of what most of these take the compiler. With it, g++ 12 takes the standard library's own functions for
        # ours, and warns of bounds that they keep.
        target_precompile_headers(${program} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/catch.hpp")
        target_compile_options(
            ${program} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overread>
                               $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow> $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>)
    endif()
    synod_group_units(${layer} together ${arg_TOGETHER})
    set(group 0)
    while(arg_IN_SEVENS)
        list(SUBLIST arg_IN_SEVENS 0 7 seven)
        list(REMOVE_ITEM arg_IN_SEVENS ${seven})
        synod_group_units(${layer} ${group} ${seven})
        math(EXPR group "${group} + 1")
    endwhile()
    set_target_properties(${program} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)

    foreach(subject IN LISTS subjects)
        cmake_path(GET subject STEM stem)
        set(name "unit.${layer}.${stem}")
        add_test(NAME ${name} COMMAND ${program} --filenames-as-tags "[#${stem}]" ${synod_catch_arguments})
        set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 300 PROCESSORS ${processors})
    endforeach()
endfunction()

# synod_test(<name> <source>... [THREADS] [LABELS <label>...] [ARGUMENTS <argument>...])
#
# Builds one program with Catch2's main and registers it whole as one test, for what is not a unit test.
function(synod_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "THREADS" "" "LABELS;ARGUMENTS")
    string(REPLACE "." "_" program "${name}")
    set(labels ${arg_LABELS})
    set(processors 1)
    synod_register_sources(${arg_UNPARSED_ARGUMENTS})
    add_executable(${program} ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(${program} PRIVATE synod_test_main)
    if(arg_THREADS)
        list(APPEND labels threads)
        set(processors 2)
        synod_mark_threaded(${program})
    endif()
    add_test(NAME ${name} COMMAND ${program} ${arg_ARGUMENTS} ${synod_catch_arguments})
    set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 300 PROCESSORS ${processors})
endfunction()

# synod_script_test(<name> <script> [<variable>=<value>...])
#
# Registers a CMake script as a test, so that the tests need no interpreter that the build does not need.
function(synod_script_test name script)
    cmake_path(ABSOLUTE_PATH script NORMALIZE)
    set(definitions ${ARGN})
    list(TRANSFORM definitions PREPEND "-D")
    add_test(NAME ${name} COMMAND "${CMAKE_COMMAND}" ${definitions} -P "${script}")
endfunction()

# Writes the registered sources down and registers the test that compares them with the folder.
function(synod_check_listed_sources)
    get_property(sources GLOBAL PROPERTY SYNOD_REGISTERED_SOURCES)
    list(JOIN sources "\n" text)
    set(list_file "${PROJECT_BINARY_DIR}/registered_sources.txt")
    file(WRITE "${list_file}" "${text}\n")
    synod_script_test(
        listing.sources
        listing/check.cmake
        "ROOT=${PROJECT_SOURCE_DIR}"
        "FOLDERS=tests/unit,tests/check_history,tests/concept,tests/compile_fail,tests/scenario,tests/explore,tests/simulate,tests/mutants,tests/crash,tests/process"
        "PATTERN=*.cpp"
        "LIST_FILE=${list_file}")
endfunction()
