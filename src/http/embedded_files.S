/* Files that are part of the program, with a name before and after the bytes of each: see http/embedded_files.cc. */
    .section .rodata
    .macro file name, path
    .global kArrowport\name\()Begin, kArrowport\name\()End
    .type kArrowport\name\()Begin, @object
    .balign 16
kArrowport\name\()Begin:
    .incbin "\path"
kArrowport\name\()End:
    .byte 0
    .endm

    file OpenApiSchemas, openapi_schemas.json
    file SwaggerScript, swagger-ui-bundle.js
    file SwaggerStyle, swagger-ui.css
    file SwaggerIcon, favicon-32x32.png

    .section .note.GNU-stack, "", @progbits
