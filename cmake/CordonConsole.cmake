# The web console inside cordond: console/dist, as script/build makes it, becomes the table of
# src/server/console_files.h. Without it (no Node.js at hand) a page that says so takes its place.
# The same files give the same bytes, whatever the machine.
find_program(GZIP_PROGRAM gzip REQUIRED)
find_program(BROTLI_PROGRAM brotli REQUIRED)

file(GLOB_RECURSE console_built CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/console/dist/*")
if(console_built)
    set(console_folder "${CMAKE_SOURCE_DIR}/console/dist")
else()
    set(console_folder "${CMAKE_SOURCE_DIR}/cmake/console_absent")
    file(GLOB_RECURSE console_built CONFIGURE_DEPENDS "${console_folder}/*")
    message(STATUS "console: not built, see script/build; a page that says so is embedded")
endif()

set(console_output "${CMAKE_BINARY_DIR}/console")
add_custom_command(
    OUTPUT "${console_output}/files.S" "${console_output}/files.c"
    COMMAND "${CMAKE_COMMAND}" "-DFOLDER=${console_folder}" "-DOUTPUT=${console_output}"
        "-DGZIP=${GZIP_PROGRAM}" "-DBROTLI=${BROTLI_PROGRAM}"
        -P "${CMAKE_SOURCE_DIR}/cmake/EmbedConsole.cmake"
    DEPENDS ${console_built} "${CMAKE_SOURCE_DIR}/cmake/EmbedConsole.cmake"
    COMMENT "Embedding the web console"
    VERBATIM)
target_sources(cordon_server PRIVATE "${console_output}/files.S" "${console_output}/files.c")
