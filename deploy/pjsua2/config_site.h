/* PJSIP's limits and choices for a telephone line with many calls; put into pjlib/include/pj. */

/* One process takes 2,000 calls. Each plays one sound at most and records one, and each of the three has a
 * port of the bridge, with room for those of calls that are just ending. */
#define PJSUA_MAX_CALLS 2000
#define PJSUA_MAX_PLAYERS 2100
#define PJSUA_MAX_RECORDERS 2100
#define PJSUA_MAX_CONF_PORTS 6300

/* Two sockets a call; the places of ended calls are kept for half a second. With epoll a look at the sockets
 * costs the same however many there are. */
#define PJ_IOQUEUE_MAX_HANDLES 8192
#define PJ_IOQUEUE_MAX_EVENTS_IN_SINGLE_POLL 64

/* One thread looks at each set of sockets. What "one shot" and "exclusive" would protect against cannot happen
 * then, and they cost system calls for every packet. */
#define PJ_IOQUEUE_DEFAULT_EPOLL_FLAGS 0

/* A transaction is remembered for 32 s (RFC 3261 timer J): at 500 calls a second, with two transactions a
 * call, that is 32,000. */
#define PJSIP_MAX_TSX_COUNT (64 * 1024 - 1)
#define PJSIP_MAX_DIALOG_COUNT (8 * 1024 - 1)
/* Connections over TCP and TLS at the same time. */
#define PJSIP_MAX_TRANSPORTS 2048

/* What arrives while a flood is answered waits in the network's buffer and is not lost; the system may
 * allow less. */
#define PJSIP_UDP_SO_RCVBUF_SIZE (4 * 1024 * 1024)
#define PJSIP_UDP_SO_SNDBUF_SIZE (1024 * 1024)
