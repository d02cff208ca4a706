// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses the --listen argument. Separate from the server, so that tests and fuzzers need no
 * library.
 */
#include "export/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static int bad(const char *text, struct fl_err *err)
{
	fl_err(err, "--listen: '%.100s' is not an address and a port", text);
	return fl_hint(
		err,
		"an address in figures, for example 127.0.0.1:9787, [::1]:9787, or :9787 for everyone");
}

static int parse_port(const char *text, in_port_t *port)
{
	unsigned long n = 0;

	if (!*text || strlen(text) > 5 || strspn(text, "0123456789") != strlen(text))
		return -1;
	n = strtoul(text, NULL, 10);
	if (n > 65535)
		return -1;
	*port = htons(n);
	return 0;
}

int fl_http_parse_listen(const char *text, struct sockaddr_storage *addr, socklen_t *len,
			 struct fl_err *err)
{
	const char *colon = strrchr(text, ':');
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *in = (struct sockaddr_in *)addr;
	char host[INET6_ADDRSTRLEN + 2];
	size_t n = colon ? colon - text : 0;

	memset(addr, 0, sizeof(*addr));
	/* as with other exporters: every address, including IPv4 */
	if (colon == text) {
		in6->sin6_family = AF_INET6;
		*len = sizeof(*in6);
		return parse_port(colon + 1, &in6->sin6_port) ? bad(text, err) : 0;
	}
	if (!n || n >= sizeof(host))
		return bad(text, err);
	memcpy(host, text, n);
	host[n] = '\0';
	if (host[0] == '[') {
		if (n < 3 || host[n - 1] != ']')
			return bad(text, err);
		host[n - 1] = '\0';
		in6->sin6_family = AF_INET6;
		*len = sizeof(*in6);
		if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) != 1 ||
		    parse_port(colon + 1, &in6->sin6_port))
			return bad(text, err);
		return 0;
	}
	/* the one name that needs no resolver */
	if (!strcmp(host, "localhost"))
		strcpy(host, "127.0.0.1");
	in->sin_family = AF_INET;
	*len = sizeof(*in);
	if (inet_pton(AF_INET, host, &in->sin_addr) != 1 || parse_port(colon + 1, &in->sin_port))
		return bad(text, err);
	return 0;
}
