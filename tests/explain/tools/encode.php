<?php
// json_encode: a line of a style's number and a document in base64 comes in, the document as it is written goes out.
ini_set('serialize_precision', '-1');
const FLAGS = [
    0,
    JSON_UNESCAPED_SLASHES,
    JSON_UNESCAPED_UNICODE,
    JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE,
    JSON_PRETTY_PRINT,
    JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE,
    JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE,
];
while (($line = fgets(STDIN)) !== false) {
    [$style, $document] = explode(' ', trim($line));
    $value = json_decode(base64_decode($document), false, 512, JSON_THROW_ON_ERROR);
    echo base64_encode(json_encode($value, FLAGS[(int) $style] | JSON_THROW_ON_ERROR)), "\n";
}
