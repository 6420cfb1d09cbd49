# Detection content inside the programs: content/analytics/*.yml becomes a C table in cordon_schema
# (src/schema/content.h). The same files give the same bytes, whatever the machine.
file(GLOB analytics CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/content/analytics/*.yml")
list(SORT analytics)
set(content_source "${CMAKE_BINARY_DIR}/content/analytics.c")
list(JOIN analytics "|" analytics_joined)
add_custom_command(
    OUTPUT "${content_source}"
    COMMAND "${CMAKE_COMMAND}" "-DFILES=${analytics_joined}" "-DTABLE=content_analytics"
        "-DOUTPUT=${content_source}" -P "${CMAKE_SOURCE_DIR}/cmake/EmbedContent.cmake"
    DEPENDS ${analytics} "${CMAKE_SOURCE_DIR}/cmake/EmbedContent.cmake"
    COMMENT "Embedding content/analytics"
    VERBATIM)
target_sources(cordon_schema PRIVATE "${content_source}")
