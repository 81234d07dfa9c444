<?php

declare(strict_types=1);

/** Whether $signature, the one X-JWS-Signature, is that of $body, the raw octets of the request. */
function verify_webhook(string $body, string $signature, string $sharedKey): bool
{
    $protected = 'eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19'; // {"alg":"HS256","b64":false,"crit":["b64"]}
    $isJwk = preg_match('~^([A-Za-z0-9+/_-]{4})*+([A-Za-z0-9+/_-]{2}(==)?|[A-Za-z0-9+/_-]{3}=?)?$~D', $sharedKey);
    $readings = [$isJwk ? base64_decode(strtr($sharedKey, '-_', '+/')) : '', $sharedKey]; // a JWK's k, then UTF-8
    $keys = array_filter($readings, fn ($key) => strlen($key) >= 32) ?: throw new InvalidArgumentException('no usable key');
    $valid = false;
    foreach ($keys as $key) {
        $mac = base64_encode(hash_hmac('sha256', "$protected.$body", $key, true));
        $valid = hash_equals($protected . '..' . rtrim(strtr($mac, '+/', '-_'), '='), $signature) || $valid;
    }
    return $valid;
}

// On the command line: SHARED_KEY=… php verify.php "$SIGNATURE" < body
if (PHP_SAPI === 'cli' && realpath($_SERVER['SCRIPT_FILENAME']) === __FILE__) {
    $valid = verify_webhook(file_get_contents('php://stdin'), $argv[1] ?? '', (string) getenv('SHARED_KEY'));
    echo $valid ? "valid\n" : "invalid\n";
    exit($valid ? 0 : 1);
}
