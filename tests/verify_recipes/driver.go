// Judges each case of standard input by docs/verify/verify.go, which it is compiled together with.
package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// It runs before verify.go's own main, and leaves it nothing to do.
func init() {
	cases := json.NewDecoder(os.Stdin)
	for {
		var one struct{ Body, Signature, Key string }
		err := cases.Decode(&one)
		if errors.Is(err, io.EOF) {
			os.Exit(0)
		}
		body, hexErr := hex.DecodeString(one.Body)
		if err != nil || hexErr != nil {
			panic(fmt.Sprint(err, hexErr))
		}
		switch valid, err := VerifyWebhook(body, one.Signature, one.Key); {
		case err != nil:
			fmt.Println(err)
		case valid:
			fmt.Println("valid")
		default:
			fmt.Println("invalid")
		}
	}
}
