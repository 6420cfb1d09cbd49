# Programs for macOS, cross-built on Linux (tools/cross/README.md).
if(NOT CORDON_MACOS_PREFIX)
    message(FATAL_ERROR "the libraries are not built: tools/cross/build --libraries")
endif()
add_compile_options(-fblocks)
add_link_options(-Wl,-dead_strip)

# cordon_info_plist(PROGRAM IDENTIFIER): put name, identifier and version into the program, where code signing and the
# privacy settings of macOS look for them.
function(cordon_info_plist program identifier)
    set(CORDON_PROGRAM "${program}")
    set(CORDON_IDENTIFIER "${identifier}")
    set(plist "${CMAKE_BINARY_DIR}/${program}.plist")
    configure_file("${CMAKE_SOURCE_DIR}/cmake/Info.plist.in" "${plist}" @ONLY)
    target_link_options(${program} PRIVATE "LINKER:-sectcreate,__TEXT,__info_plist,${plist}")
    set_target_properties(${program} PROPERTIES LINK_DEPENDS "${plist}")
endfunction()
