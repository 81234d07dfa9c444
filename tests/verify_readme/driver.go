// Serves the handler of docs/verify/README.md, and prints where.
package main

import (
	"fmt"
	"net"
	"net/http"
)

// It runs before verify.go's own main, and leaves it nothing to do.
func init() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	panic(http.Serve(listener, http.HandlerFunc(webhook)))
}
