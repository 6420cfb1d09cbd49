# One static library `cordon_<folder>` per folder of src/, linked only with the folders below it.
# tools/check-floors checks the same order on every #include.

# Folder and floor, lowest first (the house's plan: docs/TOUR.md).
set(CORDON_FLOORS
    base:1 os:2 codec:2 crypto:3 schema:3 net:4 proto:4 event:4 codesign:4 detect:5 yara:5 collect:5 store:5
    sensor:6 respond:6 hunt:6 device:6 fleet:7 apple:8 output:8 agent:9 server:9 cli:9)
# What is for one system alone, by the end of its name; on macOS the server and what only it uses is left out.
set(CORDON_LEFT_OUT "/main\\.c$|_macos\\.c$")
if(APPLE)
    list(FILTER CORDON_FLOORS EXCLUDE REGEX "^(store|hunt|fleet|apple|output|server):")
    set(CORDON_LEFT_OUT "/main\\.c$|_linux\\.c$|/crypto/(password|seal|seal_key)\\.c$")
endif()

set(lower_libraries "")
set(same_floor_libraries "")
set(current_floor 0)
foreach(entry IN LISTS CORDON_FLOORS)
    string(REPLACE ":" ";" pair "${entry}")
    list(GET pair 0 folder)
    list(GET pair 1 floor)
    if(NOT floor EQUAL current_floor)
        list(PREPEND lower_libraries ${same_floor_libraries})
        set(same_floor_libraries "")
        set(current_floor ${floor})
    endif()
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${folder}/*.c" "${CMAKE_SOURCE_DIR}/src/${folder}/*/*.c")
    list(FILTER sources EXCLUDE REGEX "${CORDON_LEFT_OUT}")
    if(NOT sources)
        continue()
    endif()
    add_library(cordon_${folder} STATIC ${sources})
    target_include_directories(cordon_${folder} PUBLIC "${CMAKE_SOURCE_DIR}/src")
    target_link_libraries(cordon_${folder} PUBLIC ${lower_libraries} cordon_dependencies)
    # Every event of every device passes here.
    if(folder MATCHES "^(base|codec|event|detect)$")
        target_compile_options(cordon_${folder} PRIVATE $<$<CONFIG:Release>:-O3> ${CORDON_WHOLE_COMPILE})
    endif()
    list(APPEND same_floor_libraries cordon_${folder})
    list(APPEND CORDON_LIBRARIES cordon_${folder})
endforeach()
list(REVERSE CORDON_LIBRARIES)
