/* Files that are part of the program, with a name before and after the bytes of each: see http/embedded_files.cc. */
    .section .rodata
    .macro file name, path
    .global arrowport_\name\()_begin, arrowport_\name\()_end
    .type arrowport_\name\()_begin, @object
    .balign 16
arrowport_\name\()_begin:
    .incbin "\path"
arrowport_\name\()_end:
    .byte 0
    .endm

    file openapi_schemas, openapi_schemas.json
    file swagger_script, swagger-ui-bundle.js
    file swagger_style, swagger-ui.css
    file swagger_icon, favicon-32x32.png

    .section .note.GNU-stack, "", @progbits
