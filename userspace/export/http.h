/* SPDX-License-Identifier: GPL-2.0-only */
/* A small HTTP server on libmicrohttpd, driven from the caller's own loop: no threads, no locks. */
#ifndef FL_HTTP_H
#define FL_HTTP_H

#include <stddef.h>
#include <sys/socket.h>
#include "util/err.h"

struct fl_http_reply {
	unsigned int status;
	const char *type; /* Content-Type; a constant */
	char *body;	  /* malloc()ed; freed once it is sent */
	size_t len;
};

/* Makes the reply to a GET or HEAD of path. accept is the Accept header or NULL. */
typedef void (*fl_http_page)(void *ctx, const char *path, const char *accept,
			     struct fl_http_reply *reply);

struct fl_http;

/*
 * "127.0.0.1:9787", "[::1]:9787": an address in figures and a port, 0 for any. Returns 0, or -1 with
 * err set. Pure.
 */
int fl_http_parse_listen(const char *text, struct sockaddr_storage *addr, socklen_t *len,
			 struct fl_err *err);
/* Listens. The page's ctx must outlive it. NULL with err set. */
struct fl_http *fl_http_open(const char *listen, fl_http_page page, void *ctx, struct fl_err *err);
/* The address that is listened on, for people: "127.0.0.1:9787". */
const char *fl_http_address(const struct fl_http *h);
/* Serves what is there to be served; waits at most ms for something. */
void fl_http_poll(struct fl_http *h, int ms);
void fl_http_close(struct fl_http *h);

#endif
