# Unit tests (tests/unit/<folder>/test_<module>.c, cmocka), fuzz targets (tests/fuzz/fuzz_<parser>.c) and
# end-to-end scenarios (tests/e2e/<scenario>/run).
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

file(GLOB harness CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/harness/*.c")
if(harness)
    add_library(cordon_harness STATIC ${harness})
    target_include_directories(cordon_harness PUBLIC "${CMAKE_SOURCE_DIR}/tests" "${CMAKE_SOURCE_DIR}/src")
    target_link_libraries(cordon_harness PUBLIC ${CORDON_LIBRARIES} PkgConfig::CMOCKA)
endif()

set(test_definitions
    "CORDON_SOURCE_DIR=\"${CMAKE_SOURCE_DIR}\"" "CORDON_BINARY_DIR=\"${CMAKE_BINARY_DIR}\"")

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
    target_link_libraries(${target} PRIVATE cordon_harness)
    add_test(NAME "unit/${folder}/${name}" COMMAND ${target})
    set_tests_properties("unit/${folder}/${name}" PROPERTIES LABELS unit TIMEOUT 300)
endforeach()

file(GLOB fuzz_targets CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c")
foreach(source IN LISTS fuzz_targets)
    get_filename_component(name "${source}" NAME_WE)
    string(REPLACE "fuzz_" "" parser "${name}")
    if(CORDON_FUZZ)
        add_executable(${name} "${source}")
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
        add_executable(${name} "${source}" "${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.c")
        add_test(NAME "fuzz-corpus/${parser}"
            COMMAND ${name} "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${parser}")
        set_tests_properties("fuzz-corpus/${parser}" PROPERTIES LABELS fuzz-corpus TIMEOUT 300)
    endif()
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
    target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
    target_link_libraries(${name} PRIVATE ${CORDON_LIBRARIES})
endforeach()

file(GLOB scenarios CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/e2e/*/run")
foreach(script IN LISTS scenarios)
    get_filename_component(folder_path "${script}" DIRECTORY)
    get_filename_component(scenario "${folder_path}" NAME)
    add_test(NAME "e2e/${scenario}" COMMAND "${script}")
    set_tests_properties("e2e/${scenario}" PROPERTIES LABELS e2e TIMEOUT 900
        ENVIRONMENT "CORDON_BUILD=${CMAKE_BINARY_DIR};CORDON_SOURCE=${CMAKE_SOURCE_DIR}"
        RESOURCE_LOCK e2e SKIP_RETURN_CODE 77)
endforeach()

add_test(NAME "check/floors" COMMAND "${CMAKE_SOURCE_DIR}/tools/check-floors")
set_tests_properties("check/floors" PROPERTIES LABELS check)
