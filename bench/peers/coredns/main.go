// CoreDNS with the plugins that the bench compares: its own code, fewer plugins to compile.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/file"
	_ "github.com/coredns/coredns/plugin/minimal"
)

func main() {
	dnsserver.Directives = []string{"bind", "cache", "minimal", "file"}
	coremain.Run()
}
