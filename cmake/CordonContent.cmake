# Files inside the programs, each group as a C table in cordon_schema (src/schema/content.h). The same files give the
# same bytes, whatever the machine.

# cordon_embed(TABLE FILE...): content_<TABLE>[] and content_<TABLE>_len
function(cordon_embed table)
    set(source "${CMAKE_BINARY_DIR}/content/${table}.c")
    list(JOIN ARGN "|" joined)
    add_custom_command(
        OUTPUT "${source}"
        COMMAND "${CMAKE_COMMAND}" "-DFILES=${joined}" "-DTABLE=content_${table}" "-DOUTPUT=${source}"
            -P "${CMAKE_SOURCE_DIR}/cmake/EmbedContent.cmake"
        DEPENDS ${ARGN} "${CMAKE_SOURCE_DIR}/cmake/EmbedContent.cmake"
        COMMENT "Embedding ${table}"
        VERBATIM)
    target_sources(cordon_schema PRIVATE "${source}")
endfunction()

file(GLOB analytics CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/content/analytics/*.yml")
list(SORT analytics)
cordon_embed(analytics ${analytics})
file(GLOB prevent CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/content/prevent/*.yml")
list(SORT prevent)
cordon_embed(prevent ${prevent})
file(GLOB signatures CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/content/yara/*.yar")
list(SORT signatures)
cordon_embed(yara ${signatures})
cordon_embed(documents "${CMAKE_SOURCE_DIR}/src/schema/openapi.yaml")
