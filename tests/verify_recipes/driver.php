<?php
// Judges each case of standard input by docs/verify/verify.php, whose path is the argument.

declare(strict_types=1);

require $argv[1];

while (($line = fgets(STDIN)) !== false) {
    $case = json_decode($line, false, 8, JSON_THROW_ON_ERROR);
    try {
        echo verify_webhook(hex2bin($case->body), $case->signature, $case->key) ? "valid\n" : "invalid\n";
    } catch (InvalidArgumentException) {
        echo "no usable key\n";
    }
}
