# Unit tests (tests/unit/<folder>/test_<module>.c, cmocka), fuzz targets (tests/fuzz/fuzz_<parser>.c),
# end-to-end scenarios (tests/e2e/<scenario>/run) and source checks (script/lint).
# Every name starts with CORDON_TEST_PREFIX, so that script/test can run several builds as one suite.

# cordon_test(NAME LABEL TIMEOUT_S COMMAND...): add one test of this build.
function(cordon_test name label timeout)
    add_test(NAME "${CORDON_TEST_PREFIX}${name}" COMMAND ${ARGN})
    set_tests_properties("${CORDON_TEST_PREFIX}${name}" PROPERTIES
        LABELS "${label}" TIMEOUT ${timeout} SKIP_RETURN_CODE 77 ENVIRONMENT "${CORDON_TEST_ENVIRONMENT}")
endfunction()

set(CORDON_TEST_ENVIRONMENT
    "CORDON_BUILD=${CMAKE_BINARY_DIR}" "CORDON_SOURCE=${CMAKE_SOURCE_DIR}"
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:allocator_may_return_null=1"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
    "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=${CMAKE_SOURCE_DIR}/tests/harness/tsan.supp")

file(GLOB fuzz_targets CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c")

# A fuzzing build has only its targets: with the over-read planted, no other test could pass.
if(CORDON_FUZZ)
    add_custom_target(fuzz_targets)
    foreach(source IN LISTS fuzz_targets)
        get_filename_component(name "${source}" NAME_WE)
        string(REPLACE "fuzz_" "" parser "${name}")
        add_executable(${name} "${source}")
        set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
        target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        target_link_libraries(${name} PRIVATE cordon_sim ${CORDON_LIBRARIES})
        add_dependencies(fuzz_targets ${name})
        if(CORDON_PLANT_OVERREAD)
            cordon_test("${parser}" "fuzz-planted;slow" 150
                "${CMAKE_SOURCE_DIR}/tests/fuzz/find_planted" $<TARGET_FILE:${name}> "${parser}")
            set_tests_properties("${CORDON_TEST_PREFIX}${parser}" PROPERTIES COST 60)
        endif()
    endforeach()
    return()
endif()

pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

set(test_definitions
    "CORDON_SOURCE_DIR=\"${CMAKE_SOURCE_DIR}\"" "CORDON_BINARY_DIR=\"${CMAKE_BINARY_DIR}\"")

file(GLOB harness CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/harness/*.c")
if(harness)
    add_library(cordon_harness STATIC ${harness})
    target_include_directories(cordon_harness PUBLIC "${CMAKE_SOURCE_DIR}/tests" "${CMAKE_SOURCE_DIR}/src")
    target_compile_definitions(cordon_harness PRIVATE ${test_definitions})
    target_link_libraries(cordon_harness PUBLIC ${CORDON_LIBRARIES} PkgConfig::CMOCKA)
endif()

file(GLOB unit_tests CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/unit/*/test_*.c")
foreach(source IN LISTS unit_tests)
    get_filename_component(folder_path "${source}" DIRECTORY)
    get_filename_component(folder "${folder_path}" NAME)
    get_filename_component(name "${source}" NAME_WE)
    set(target "unit_${folder}_${name}")
    add_executable(${target} "${source}")
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    target_compile_definitions(${target} PRIVATE ${test_definitions})
    target_compile_options(${target} PRIVATE -Werror=unused-function)
    target_link_libraries(${target} PRIVATE cordon_harness cordon_sim)
    cordon_test("unit/${folder}/${name}" unit 300 ${target})
endforeach()

foreach(source IN LISTS fuzz_targets)
    get_filename_component(name "${source}" NAME_WE)
    string(REPLACE "fuzz_" "" parser "${name}")
    add_executable(${name} "${source}" "${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.c")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
    target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
    target_link_libraries(${name} PRIVATE cordon_sim ${CORDON_LIBRARIES})
    cordon_test("fuzz-corpus/${parser}" fuzz-corpus 300
        ${name} "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${parser}")
endforeach()

# Programs that measure (tests/bench/bench_<what>.c); nothing runs them but a person.
file(GLOB bench_lanes CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/bench/lane*.c" "${CMAKE_SOURCE_DIR}/tests/bench/match*.c")
add_library(cordon_bench STATIC ${bench_lanes})
target_include_directories(cordon_bench PUBLIC "${CMAKE_SOURCE_DIR}/src")
target_link_libraries(cordon_bench PUBLIC cordon_harness ${CORDON_LIBRARIES})
file(GLOB benches CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/bench/bench_*.c")
foreach(source IN LISTS benches)
    get_filename_component(name "${source}" NAME_WE)
    add_executable(${name} "${source}")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
    target_link_libraries(${name} PRIVATE cordon_bench)
    cordon_whole_program(${name})
endforeach()

# ThreadSanitizer watches the unit tests; scenarios and checks run in the other builds.
if(CORDON_TSAN)
    return()
endif()

# A scenario has the machine's fixed things (ports, name spaces, rules) to itself among the scenarios.
file(GLOB scenarios CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/e2e/*/run")
foreach(scenario_run IN LISTS scenarios)
    get_filename_component(folder_path "${scenario_run}" DIRECTORY)
    get_filename_component(scenario "${folder_path}" NAME)
    cordon_test("e2e/${scenario}" e2e 900 "${scenario_run}")
    set_tests_properties("${CORDON_TEST_PREFIX}e2e/${scenario}" PROPERTIES RESOURCE_LOCK e2e)
endforeach()

# Checks of the source text, once in a run of several builds.
if(CORDON_CHECKS)
    cordon_test("check/tools" "check;slow" 120 "${CMAKE_SOURCE_DIR}/tools/selftest")
    cordon_test("check/scenario-library" "check;slow" 120 "${CMAKE_SOURCE_DIR}/tests/e2e/lib/selftest")
    foreach(check floors text content families behaviours shell python clang)
        cordon_test("check/${check}" check 120 "${CMAKE_SOURCE_DIR}/script/lint" ${check})
    endforeach()
    foreach(check format docs licences recordings analyzer tidy)
        cordon_test("check/${check}" "check;slow" 900 "${CMAKE_SOURCE_DIR}/script/lint" ${check})
    endforeach()
    cordon_test("check/console" "check;console;slow" 900 "${CMAKE_SOURCE_DIR}/script/lint" console)
    # These use every core themselves.
    foreach(check clang analyzer tidy console)
        set_tests_properties("${CORDON_TEST_PREFIX}check/${check}" PROPERTIES PROCESSORS 2 COST 100)
    endforeach()
    # The programs for macOS; with nothing in the cache this builds their libraries too (script/test has a stage for it).
    cordon_test("macos/programs" "check;slow" 1800 "${CMAKE_SOURCE_DIR}/tools/cross/check")
    set_tests_properties("${CORDON_TEST_PREFIX}macos/programs" PROPERTIES PROCESSORS 2 COST 100)
    cordon_test("macos/trimmed" "check;slow" 1800 "${CMAKE_SOURCE_DIR}/tools/cross/check-trimmed")
    set_tests_properties("${CORDON_TEST_PREFIX}macos/trimmed" PROPERTIES
        PROCESSORS 2 COST 90 RESOURCE_LOCK e2e DEPENDS "${CORDON_TEST_PREFIX}macos/programs")
    cordon_test("macos/cross-tools" "check;slow" 600 "${CMAKE_SOURCE_DIR}/tools/cross/selftest")
    set_tests_properties("${CORDON_TEST_PREFIX}macos/cross-tools" PROPERTIES
        DEPENDS "${CORDON_TEST_PREFIX}macos/programs")
endif()
