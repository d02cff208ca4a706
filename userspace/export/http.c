// SPDX-License-Identifier: GPL-2.0-only
#include "export/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <microhttpd.h>

#include "export/gzip.h"
#include "util/clock.h"

/*
 * Enough for a few scrapers. With one connection more, in all or from one address, the one that has
 * waited longest since it began or got its last reply is closed. So nobody can keep others out by
 * holding connections.
 */
#define CONNECTIONS	   32
#define CONNECTIONS_OF_ONE 16
/* Time for a whole request and its reply, however slowly its bytes come or go. */
#define REQUEST_SECONDS	     10
#define MEMORY_OF_CONNECTION (16 << 10)

struct client {
	struct client *next; /* younger */
	int fd;
	struct in6_addr addr;
	__u64 since_ns; /* when it began, or got its last reply */
	bool ending;	/* shut down; the library closes it when it notices */
};

struct fl_http {
	struct MHD_Daemon *daemon;
	int epoll_fd;
	fl_http_page page;
	void *ctx;
	char address[INET6_ADDRSTRLEN + 16];
	struct client *clients; /* the connection that has waited longest comes first */
};

static void end(struct client *c)
{
	shutdown(c->fd, SHUT_RDWR);
	c->ending = true;
}

/*
 * IPv4 addresses are compared as IPv4-mapped IPv6 addresses. Of others only the first 64 bits count: who has
 * one IPv6 address usually has all those that share them.
 */
static struct in6_addr address_of(const struct sockaddr *addr)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	struct in6_addr a = {};

	if (addr->sa_family == AF_INET6) {
		a = ((const struct sockaddr_in6 *)addr)->sin6_addr;
		if (!IN6_IS_ADDR_V4MAPPED(&a))
			memset(&a.s6_addr[8], 0, 8);
		return a;
	}
	a.s6_addr[10] = a.s6_addr[11] = 0xff;
	memcpy(&a.s6_addr[12], &in->sin_addr, 4);
	return a;
}

/* Makes room for one more connection: in all, or from addr if it is given. */
static void make_room(struct fl_http *h, const struct in6_addr *addr, unsigned int limit)
{
	struct client *oldest = NULL;
	unsigned int n = 0;

	for (struct client *c = h->clients; c; c = c->next) {
		if (c->ending || (addr && memcmp(addr, &c->addr, sizeof(*addr))))
			continue;
		if (!oldest)
			oldest = c;
		n++;
	}
	if (n >= limit)
		end(oldest);
}

static void append(struct fl_http *h, struct client *new)
{
	struct client **at = &h->clients;

	while (*at)
		at = &(*at)->next;
	new->next = NULL;
	new->since_ns = fl_now_ns();
	*at = new;
}

static void forget_client(struct fl_http *h, const struct client *c)
{
	for (struct client **at = &h->clients; *at; at = &(*at)->next) {
		if (*at != c)
			continue;
		*at = c->next;
		return;
	}
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info;
	struct fl_http *h = cls;
	struct client *c = *context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (c)
			forget_client(h, c);
		free(c);
		*context = NULL;
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	c->fd = info ? info->connect_fd : -1;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (info)
		c->addr = address_of(info->client_addr);
	make_room(h, &c->addr, CONNECTIONS_OF_ONE);
	make_room(h, NULL, CONNECTIONS);
	append(h, c);
	*context = c;
}

/* A reply was sent. The next request gets its own time limit. */
static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode how)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct client *c = info ? info->socket_context : NULL;
	struct fl_http *h = cls;

	if (!c)
		return;
	forget_client(h, c);
	append(h, c);
}

static void end_late_ones(struct fl_http *h)
{
	__u64 now = fl_now_ns();

	for (struct client *c = h->clients; c; c = c->next)
		if (!c->ending && now - c->since_ns > REQUEST_SECONDS * 1000000000ull)
			end(c);
}

/* Replaces the plain body by a compressed one if the client accepts it and it is shorter. */
static bool compress_for(struct MHD_Connection *connection, struct fl_http_reply *reply)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_ACCEPT_ENCODING);
	size_t len;
	char *packed = fl_gzip_wanted(accept) ? fl_gzip(reply->body, reply->len, &len) : NULL;

	if (!packed)
		return false;
	free(reply->body);
	reply->body = packed;
	reply->len = len;
	return true;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct fl_http_reply *reply)
{
	bool packed = compress_for(connection, reply);
	struct MHD_Response *response;
	enum MHD_Result ret;

	response = MHD_create_response_from_buffer(reply->len, reply->body, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(reply->body);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	if (packed)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	ret = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return ret;
}

/* Called once with the headers, and again with each piece of a body, if there is one. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *data_size, void **state)
{
	struct fl_http_reply reply = {.type = "text/plain; charset=utf-8"};
	struct fl_http *h = cls;
	static int seen;

	if (!*state) {
		*state = &seen;
		return MHD_YES;
	}
	if (*data_size) {
		*data_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD)) {
		reply.status = MHD_HTTP_METHOD_NOT_ALLOWED;
		reply.body = strdup("GET and HEAD only\n");
		reply.len = reply.body ? strlen(reply.body) : 0;
	} else {
		h->page(h->ctx, url,
			MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						    MHD_HTTP_HEADER_ACCEPT),
			&reply);
	}
	if (!reply.body)
		return MHD_NO;
	return send_reply(connection, &reply);
}

static void name_address(struct fl_http *h, int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	char host[INET6_ADDRSTRLEN] = "?";

	if (getsockname(fd, (struct sockaddr *)&addr, &len))
		return;
	if (addr.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr;

		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(h->address, sizeof(h->address), "[%s]:%u", host, ntohs(in6->sin6_port));
	} else {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&addr;

		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(h->address, sizeof(h->address), "%s:%u", host, ntohs(in->sin_port));
	}
}

/* Makes the socket here, so that the error says that a port is in use. */
static int listen_on(const char *text, struct fl_err *err)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int fd, one = 1, saved;

	if (fl_http_parse_listen(text, &addr, &len, err))
		return -1;
	fd = socket(addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 && errno == EAFNOSUPPORT && *text == ':') {
		/* no IPv6 here: every address of IPv4 */
		*(struct sockaddr_in *)&addr =
			(struct sockaddr_in){.sin_family = AF_INET,
					     .sin_port = ((struct sockaddr_in6 *)&addr)->sin6_port};
		len = sizeof(struct sockaddr_in);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	}
	if (fd < 0)
		return fl_errno(err, errno, "cannot make a socket");
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){*text != ':'}, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&addr, len) && !listen(fd, CONNECTIONS))
		return fd;
	saved = errno;
	close(fd);
	fl_errno(err, saved, "cannot listen on %s", text);
	if (saved == EADDRINUSE)
		return fl_hint(err, "another exporter may run: choose with --listen");
	if (saved == EADDRNOTAVAIL)
		return fl_hint(err, "'ip address' lists the addresses of this host");
	if (saved == EACCES)
		return fl_hint(err, "ports below 1024 need CAP_NET_BIND_SERVICE");
	return -1;
}

struct fl_http *fl_http_open(const char *listen, fl_http_page page, void *ctx, struct fl_err *err)
{
	struct fl_http *h = calloc(1, sizeof(*h));
	const union MHD_DaemonInfo *info;
	int fd;

	if (!h) {
		fl_err(err, "out of memory");
		return NULL;
	}
	h->page = page;
	h->ctx = ctx;
	fd = listen_on(listen, err);
	if (fd < 0)
		goto fail;
	name_address(h, fd);
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h,
				     MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				     /*
				      * connections that are ending take a place until they are
				      * closed
				      */
				     2u * CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
				     2u * REQUEST_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				     (size_t)MEMORY_OF_CONNECTION, MHD_OPTION_NOTIFY_CONNECTION,
				     on_connection, h, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
				     MHD_OPTION_END);
	if (!h->daemon) {
		close(fd);
		fl_err(err, "cannot start the HTTP server");
		goto fail;
	}
	info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	h->epoll_fd = info ? info->epoll_fd : -1;
	return h;
fail:
	free(h);
	return NULL;
}

const char *fl_http_address(const struct fl_http *h)
{
	return h->address;
}

void fl_http_poll(struct fl_http *h, int ms)
{
	struct pollfd p = {.fd = h->epoll_fd, .events = POLLIN};
	MHD_UNSIGNED_LONG_LONG wanted;

	/* the library may hold requests that it has already read; no descriptor shows them */
	if (MHD_get_timeout(h->daemon, &wanted) == MHD_YES && wanted < (unsigned int)ms)
		ms = wanted;
	poll(&p, 1, ms);
	/* call this even if nothing happened: it ends idle connections */
	MHD_run(h->daemon);
	end_late_ones(h);
}

void fl_http_close(struct fl_http *h)
{
	if (!h)
		return;
	MHD_stop_daemon(h->daemon);
	free(h);
}
