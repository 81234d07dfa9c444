// Verifying X-JWS-Signature with the standard library. Take VerifyWebhook; main is for the command line:
// SHARED_KEY=… go run verify.go "$SIGNATURE" < body
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// VerifyWebhook says whether signature, the one X-JWS-Signature, is that of body, the raw octets of the request.
func VerifyWebhook(body []byte, signature, sharedKey string) (bool, error) {
	const protected = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19" // {"alg":"HS256","b64":false,"crit":["b64"]}
	usable, valid := false, false
	for _, key := range [][]byte{jwk(sharedKey), []byte(sharedKey)} { // a JWK's k, then UTF-8
		if len(key) >= 32 {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(protected + "."))
			mac.Write(body)
			expected := protected + ".." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
			usable, valid = true, hmac.Equal([]byte(expected), []byte(signature)) || valid
		}
	}
	if !usable {
		return false, errors.New("no usable key")
	}
	return valid, nil
}

// jwk reads the k of a JWK, in either alphabet, with complete padding or none; nil when it is none.
func jwk(sharedKey string) []byte {
	encoding := base64.RawURLEncoding
	if strings.HasSuffix(sharedKey, "=") {
		encoding = base64.URLEncoding
	}
	key, err := encoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(sharedKey))
	if err != nil || strings.ContainsAny(sharedKey, "\r\n") { // which Go's decoder skips
		return nil
	}
	return key
}

func main() {
	body, err := io.ReadAll(os.Stdin)
	if err == nil && len(os.Args) == 2 {
		var valid bool
		if valid, err = VerifyWebhook(body, os.Args[1], os.Getenv("SHARED_KEY")); valid {
			fmt.Println("valid")
			return
		}
	}
	fmt.Println("invalid")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}
