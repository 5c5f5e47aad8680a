/* Many callers in one thread: they call the line, listen to it, and press keys.
 *
 * _callers PORT CALLS RATE HOLD SECONDS KEY_EVERY KEYS AT_FIRST
 *   PORT       the line's, or that of a proxy in front of it, on 127.0.0.1
 *   CALLS      so many calls in all, RATE of them begun each second
 *   HOLD       seconds after which a caller hangs up; 0: when the measurement ends
 *   SECONDS    of measuring, once all calls were begun; with HOLD and AT_FIRST from the moment those are begun
 *   KEY_EVERY  seconds between two keys of a call, one of KEYS and * in turn; 0: none
 *   KEYS       choices of the main menu, each heard by its own tone
 *   AT_FIRST   so many are begun at once, FIRST_RATE a second; they hang up one after another, and the others
 *              after half of HOLD to half as much again: about as many calls are then up all the time
 * Says "up" when measuring begins and "measured" when it ends, one line of JSON at the end.
 *
 * The sound of all calls arrives at one socket, told apart by the line's port. The times of arrival are the
 * kernel's, so that this program's own delays do not count against the line. A packet is late where it comes
 * over 40 ms later, by its RTP timestamp, than the fastest of the last seconds. What a prompt is is told from how
 * often its samples change their sign: the recordings of the measurement are tones, that of the main menu the
 * first, that of what key K leads to the one after K. A key that is followed by other tones alone is answered wrongly.
 * Through a proxy, a worker is told by its Contact. A call that hears nothing for SILENT has lost its worker.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 20000
#define BATCH 64
#define FRAME 20000000LL /* ns */
#define LATE 40000000LL
#define LOUD 8 /* steps of A-law above silence */
#define RESEND 500000000LL
#define GIVE_UP 8000000000LL
#define SILENT 3000000000LL
#define UNANSWERED 2000000000LL
#define FIRST_RATE 100.0
#define TONE 15.2 /* changes of sign in a frame of the first tone, 380 Hz; of the others a multiple */
#define PURE 110 /* loud samples of a frame that is a tone */
#define SAMPLES 400000
#define EVENT 101
#define KEY_PACKETS 5 /* 100 ms */
#define END_PACKETS 3

enum { IDLE, CALLING, UP, LEAVING, GONE, FAILED };

struct call {
    int state, key, key_step, tone, perhaps, waiting_tone, other_tone, tone_before, ever, choices;
    int64_t invited, sent, answered, left, next_frame, next_key, key_begin, base[2], window, heard, perhaps_at;
    uint32_t ssrc, stamp, event_stamp;
    uint16_t seq, last;
    int started;
    char to_tag[80], target[96], route[320];
    struct sockaddr_in sound;
};

static struct call calls[MOST];
static int by_port[65536];
static struct worker { int port, answered, finished, failed; } workers[64];
static const char *keys;
static int sip, rtp, total, ended, oldest, running, up_now, most_up, failed, broken, measuring, finished, wrong;
static struct sockaddr_in line;
static char our[64];
static int sip_port, rtp_port;
static long long packets, late, lost, duplicates;
static float key_begin_ms[SAMPLES], key_end_ms[SAMPLES], answer_ms[SAMPLES], setup_ms[SAMPLES];
static int key_count, answer_count, setup_count, keys_pressed, keys_unanswered, codes[700];

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int open_socket(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), bytes = 64 << 20, on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes))
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || getsockname(fd, (struct sockaddr *)&at, &size))
        exit(2);
    *port = ntohs(at.sin_port);
    return fd;
}

static void say(int n, const char *method, int cseq, const char *body)
{
    struct call *c = &calls[n];
    char text[2000], first[64];
    /* The refusal of an INVITE is acknowledged within its transaction. */
    const char *branch = *c->target ? method : "INVITE";
    snprintf(first, sizeof first, "sip:huimin@127.0.0.1:%d", ntohs(line.sin_port));
    int size = snprintf(text, sizeof text,
        "%s %s SIP/2.0\r\n"
        "Via: SIP/2.0/UDP %s;branch=z9hG4bK-%d-%d-%d-%s\r\n%s"
        "Max-Forwards: 70\r\nFrom: <sip:caller-%d@%s>;tag=f%d\r\n"
        "To: <sip:huimin@127.0.0.1:%d>%s%s\r\nCall-ID: %d@%s\r\nCSeq: %d %s\r\n"
        "Contact: <sip:caller@%s>\r\n%sContent-Length: %zu\r\n\r\n%s",
        method, *c->target ? c->target : first, our, getpid(), n, cseq, branch, c->route, n, our, n, ntohs(line.sin_port),
        c->to_tag[0] ? ";tag=" : "", c->to_tag, n, our, cseq, method, our,
        *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    sendto(sip, text, size, 0, (struct sockaddr *)&line, sizeof line);
    c->sent = now();
}

static void invite(int n)
{
    char body[400];
    snprintf(body, sizeof body,
        "v=0\r\no=- %d 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8 %d\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\na=ptime:20\r\n",
        n + 1, rtp_port, EVENT, EVENT, EVENT);
    say(n, "INVITE", 1, body);
}

/* The worker that a call is with. The last place is for those of which none is known. */
static struct worker *worker_of(int n)
{
    const int most = sizeof workers / sizeof *workers - 1;
    char *colon = strrchr(calls[n].target, ':');
    int port = colon ? atoi(colon + 1) : 0, i = 0;
    while (i < most && workers[i].port && workers[i].port != port)
        i++;
    if (!port)
        i = most;
    workers[i].port = port;
    return &workers[i];
}

static void fail(int n, int code)
{
    if (calls[n].state == UP)
        up_now--;
    worker_of(n)->failed++;
    calls[n].state = FAILED;
    codes[code < 700 && code >= 0 ? code : 0]++;
    failed++;
    ended++;
}

/* Where the requests of a call go: the line's Contact, by way of the proxies that want to see them. */
static void learn_way(struct call *c, const char *text)
{
    char one[160], way[sizeof one + sizeof c->route + 12];
    *c->route = 0;
    for (const char *at = text; (at = strstr(at, "\nRecord-Route: ")); at++)
        if (sscanf(at + 15, "%159[^\r\n]", one) == 1) {
            snprintf(way, sizeof way, "Route: %s\r\n%s", one, c->route); /* the last one is the nearest */
            if (strlen(way) < sizeof c->route)
                strcpy(c->route, way);
        }
    const char *contact = strstr(text, "\nContact: ");
    if (contact && (contact = strchr(contact, '<')))
        sscanf(contact + 1, "%95[^>;\r\n]", c->target);
}

static void answered(int n, char *text, int64_t at)
{
    struct call *c = &calls[n];
    char *media = strstr(text, "\nm=audio "), *tag = strstr(text, "\nTo:"), *end;
    if (tag && (end = strchr(tag + 1, '\n')) && (tag = strstr(tag, ";tag=")) && tag < end)
        sscanf(tag + 5, "%79[^;\r\n >]", c->to_tag);
    learn_way(c, text);
    say(n, "ACK", 1, "");
    if (c->state != CALLING || !media)
        return;
    worker_of(n)->answered++;
    c->sound = line;
    c->sound.sin_port = htons(atoi(media + 9));
    by_port[ntohs(c->sound.sin_port)] = n;
    c->state = UP;
    if (++up_now > most_up)
        most_up = up_now;
    c->answered = c->heard = at;
    if (setup_count < SAMPLES)
        setup_ms[setup_count++] = (at - c->invited) / 1e6;
    c->next_frame = now() + (n % 20) * 1000000LL;
    c->next_key = 0;
    c->started = 0;
    c->ssrc = 77777 + n;
}

static void signalled(char *text, int64_t at)
{
    char *id = strstr(text, "\nCall-ID: "), *cseq = strstr(text, "\nCSeq: "), method[20] = "";
    int n = id ? atoi(id + 10) : -1, code;
    if (n < 0 || n >= total || !cseq)
        return;
    sscanf(cseq, "\nCSeq: %*d %19s", method);
    struct call *c = &calls[n];
    if (sscanf(text, "SIP/2.0 %d", &code) == 1) {
        if (code < 200)
            return;
        if (!strcmp(method, "INVITE")) {
            if (code < 300) {
                answered(n, text, at);
            } else {
                char *tag = strstr(text, "\nTo:");
                if (tag && (tag = strstr(tag, ";tag=")))
                    sscanf(tag + 5, "%79[^;\r\n >]", c->to_tag);
                say(n, "ACK", 1, "");
                if (c->state == CALLING) {
                    if (setup_count < SAMPLES)
                        setup_ms[setup_count++] = (at - c->invited) / 1e6;
                    fail(n, code);
                }
            }
        } else if (!strcmp(method, "BYE") && c->state == LEAVING) {
            if (code >= 300) {
                fail(n, code);
                return;
            }
            c->state = GONE;
            worker_of(n)->finished++;
            finished++;
            ended++;
        }
        return;
    }
    /* A request within a call: agreed to, with its own headers. */
    char reply[1600] = "SIP/2.0 200 OK\r\n", *at_line = strchr(text, '\n');
    size_t used = strlen(reply);
    while (at_line && *++at_line && *at_line != '\r') {
        char *stop = strchr(at_line, '\n');
        if (!stop)
            break;
        if (!strncmp(at_line, "Via:", 4) || !strncmp(at_line, "From:", 5) || !strncmp(at_line, "To:", 3) ||
            !strncmp(at_line, "Call-ID:", 8) || !strncmp(at_line, "CSeq:", 5)) {
            if (used + (stop - at_line) + 30 > sizeof reply)
                break;
            memcpy(reply + used, at_line, stop - at_line + 1);
            used += stop - at_line + 1;
        }
        at_line = stop;
    }
    used += sprintf(reply + used, "Content-Length: 0\r\n\r\n");
    sendto(sip, reply, used, 0, (struct sockaddr *)&line, sizeof line);
    if (!strcmp(method, "BYE") && c->state == UP) {
        broken++;
        fail(n, 1);
    }
}

/* Which tone it is, from 1; 0 where it is none. */
static int tone_of(const uint8_t *sound, int *loud)
{
    int count = 0, before = 0, tone;
    *loud = 0;
    for (int i = 0; i < 160; i++) {
        uint8_t plain = sound[i] ^ 0x55;
        int size = plain & 0x7f, sign = plain & 0x80 ? 1 : -1;
        if (size < LOUD)
            continue;
        (*loud)++;
        if (before && sign != before)
            count++;
        before = sign;
    }
    tone = count / TONE + 0.5;
    return *loud >= PURE && count > tone * TONE - 3 && count < tone * TONE + 3 ? tone : 0;
}

static void heard(int port, const uint8_t *packet, int size, int64_t at)
{
    int n = by_port[port], loud, tone = 0;
    struct call *c = &calls[n];
    if (n < 0 || c->state != UP || size < 172 || (packet[1] & 0x7f) != 8)
        return;
    uint16_t seq = packet[2] << 8 | packet[3];
    uint32_t stamp = (uint32_t)packet[4] << 24 | packet[5] << 16 | packet[6] << 8 | packet[7];
    int64_t transit = at - (int64_t)stamp * 125000LL;
    if (!c->started) {
        c->started = 1;
        c->base[0] = c->base[1] = transit;
        c->window = at;
    } else if (measuring) {
        int16_t gap = seq - c->last;
        if (gap <= 0)
            duplicates++;
        else
            lost += gap - 1;
    }
    c->last = seq;
    if (at - c->window > 2000000000LL) {
        c->base[1] = c->base[0];
        c->base[0] = transit;
        c->window = at;
    }
    if (transit < c->base[0])
        c->base[0] = transit;
    int64_t base = c->base[0] < c->base[1] ? c->base[0] : c->base[1];
    if (measuring) {
        packets++;
        if (transit - base > LATE)
            late++;
    }
    c->heard = at;
    tone = tone_of(packet + 12, &loud);
    if (loud > 20 && !c->ever) {
        c->ever = 1;
        if (answer_count < SAMPLES)
            answer_ms[answer_count++] = (at - c->answered) / 1e6;
    }
    /* It needs a second frame to be sure of a tone, and began with the first. */
    if (tone != c->perhaps || !tone) {
        c->perhaps = tone;
        c->perhaps_at = at;
        return;
    }
    c->tone = tone;
    if (!c->waiting_tone)
        return;
    if (tone == c->waiting_tone) {
        if (measuring && key_count < SAMPLES) {
            key_begin_ms[key_count] = (c->perhaps_at - c->key_begin) / 1e6;
            /* The end of the key may be still to come: it is 100 ms after the beginning. */
            key_end_ms[key_count++] = (c->perhaps_at - c->key_begin) / 1e6 - KEY_PACKETS * 20.0;
        }
        c->waiting_tone = 0;
    } else if (tone != c->tone_before) {
        c->other_tone = 1;
    }
}

/* A key that the tone it leads to never followed. What is heard in between may be the rest of the menu it left. */
static void no_answer(struct call *c)
{
    if (c->other_tone)
        wrong++;
    else
        keys_unanswered++;
}

static void receive(int fd, int signalling)
{
    static uint8_t buffers[BATCH][2048];
    static char control[BATCH][128];
    static struct sockaddr_in from[BATCH];
    struct mmsghdr heads[BATCH];
    struct iovec parts[BATCH];
    for (int rounds = 0; rounds < 64; rounds++) {
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){buffers[i], sizeof buffers[i] - 1};
            heads[i].msg_hdr = (struct msghdr){&from[i], sizeof from[i], &parts[i], 1, control[i], sizeof control[i], 0};
        }
        int count = recvmmsg(fd, heads, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < count; i++) {
            int64_t at = 0;
            for (struct cmsghdr *c = CMSG_FIRSTHDR(&heads[i].msg_hdr); c; c = CMSG_NXTHDR(&heads[i].msg_hdr, c))
                if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
                    struct timespec t;
                    memcpy(&t, CMSG_DATA(c), sizeof t);
                    at = t.tv_sec * 1000000000LL + t.tv_nsec;
                }
            if (signalling) {
                buffers[i][heads[i].msg_len] = 0;
                signalled((char *)buffers[i], at ? at : now());
            } else {
                heard(ntohs(from[i].sin_port), buffers[i], heads[i].msg_len, at);
            }
        }
        if (count < BATCH)
            return;
    }
}

/* One frame of each call that is due: speech, or a packet of a key. */
static int64_t speak(int64_t time, double key_every)
{
    static uint8_t packet[BATCH][172];
    static struct mmsghdr heads[BATCH];
    static struct iovec parts[BATCH];
    int64_t next = time + 1000000;
    int count = 0;
    for (int n = oldest; n < running; n++) {
        struct call *c = &calls[n];
        if (c->state != UP || c->next_frame > time)
            continue;
        uint8_t *p = packet[count];
        int size = 172, type = 8;
        uint32_t stamp = c->stamp;
        if (measuring && key_every > 0 && !c->key_step && c->tone) {
            if (!c->next_key)
                c->next_key = time + (int64_t)(key_every * 1e9 * (n % 997) / 997);
            if (time >= c->next_key) {
                if (c->waiting_tone && time - c->heard < RESEND) /* who hears nothing has lost the call */
                    no_answer(c);
                c->next_key = time + (int64_t)(key_every * 1e9);
                c->key = c->tone == 1 ? keys[(n + c->choices++) % strlen(keys)] - '0' : 10;
                c->waiting_tone = c->tone == 1 ? 1 + c->key : 1;
                c->tone_before = c->tone;
                c->other_tone = 0;
                c->key_step = 1;
                c->event_stamp = stamp;
                c->key_begin = time;
                keys_pressed++;
            }
        }
        if (c->key_step) {
            int step = c->key_step++, last = step > KEY_PACKETS;
            int duration = (last ? KEY_PACKETS : step) * 160;
            p[12] = c->key;
            p[13] = last ? 0x8a : 0x0a;
            p[14] = duration >> 8;
            p[15] = duration;
            type = EVENT | (step == 1 ? 0x80 : 0);
            stamp = c->event_stamp;
            size = 16;
            if (step == KEY_PACKETS + END_PACKETS)
                c->key_step = 0;
        } else {
            memset(p + 12, 0xd5, 160);
        }
        c->seq++;
        p[0] = 0x80; p[1] = type; p[2] = c->seq >> 8; p[3] = c->seq;
        for (int i = 0; i < 4; i++) {
            p[4 + i] = stamp >> (24 - 8 * i);
            p[8 + i] = c->ssrc >> (24 - 8 * i);
        }
        c->stamp += 160;
        c->next_frame += FRAME;
        if (c->next_frame < time - 5 * FRAME)
            c->next_frame = time + FRAME;
        parts[count] = (struct iovec){p, size};
        heads[count].msg_hdr = (struct msghdr){&c->sound, sizeof c->sound, &parts[count], 1, NULL, 0, 0};
        if (++count == BATCH) {
            sendmmsg(rtp, heads, count, 0);
            count = 0;
        }
    }
    if (count)
        sendmmsg(rtp, heads, count, 0);
    return next;
}

static void leave(int n, int64_t time)
{
    calls[n].state = LEAVING;
    calls[n].left = time;
    up_now--;
    say(n, "BYE", 2, "");
}

/* How long a caller stays. */
static int64_t stay_of(int n, int64_t hold, int at_first)
{
    return n < at_first ? hold / 20 + hold * 1.2 * (n * 7919LL % 1000) / 1000
           : at_first   ? hold / 2 + hold * (n * 7919LL % 1000) / 1000
                        : hold;
}

static void tend(int64_t time, int64_t hold, int at_first)
{
    while (oldest < running && calls[oldest].state >= GONE)
        oldest++;
    for (int n = oldest; n < running; n++) {
        struct call *c = &calls[n];
        if (c->state == CALLING) {
            if (time - c->invited > GIVE_UP)
                fail(n, 0);
            else if (time - c->sent > RESEND)
                invite(n);
        } else if (c->state == UP && time - c->heard > SILENT) {
            leave(n, time);
            fail(n, 4);
        } else if (c->state == UP && hold && time - c->answered > stay_of(n, hold, at_first)) {
            if (!c->ever)
                codes[2]++, failed++;
            if (c->waiting_tone && time - c->key_begin > UNANSWERED)
                no_answer(c);
            leave(n, time);
        } else if (c->state == LEAVING) {
            if (time - c->left > GIVE_UP)
                fail(n, 3);
            else if (time - c->sent > RESEND)
                say(n, "BYE", 2, "");
        }
    }
}

static int by_size(const void *a, const void *b)
{
    return (*(float *)a > *(float *)b) - (*(float *)a < *(float *)b);
}

static void spread(const char *name, float *values, int count)
{
    qsort(values, count, sizeof *values, by_size);
    printf(", \"%s\": [", name);
    double shares[] = {0.5, 0.95, 0.99, 1.0};
    for (int i = 0; i < 4 && count; i++)
        printf("%s%.1f", i ? ", " : "", values[(int)(shares[i] * (count - 1))]);
    printf("]");
}

int main(int argc, char **argv)
{
    if (argc != 9)
        return 2;
    line = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    total = atoi(argv[2]);
    keys = argv[7];
    int at_first = atoi(argv[8]), steady;
    double rate = atof(argv[3]), key_every = atof(argv[6]);
    int64_t hold = atof(argv[4]) * 1e9, seconds = atof(argv[5]) * 1e9;
    if (total > MOST || !*keys)
        return 2;
    memset(by_port, -1, sizeof by_port);
    sip = open_socket(&sip_port);
    rtp = open_socket(&rtp_port);
    sprintf(our, "127.0.0.1:%d", sip_port);
    int64_t begin = now(), next = begin, tended = begin, measured_from = 0, leaving = 0;
    while (ended < total) {
        int64_t time = now();
        while (running < total && time - begin >= (running < at_first ? running / FIRST_RATE : at_first / FIRST_RATE + (running - at_first) / rate) * 1e9) {
            calls[running].state = CALLING;
            calls[running].invited = time;
            calls[running].seq = running;
            invite(running++);
        }
        if (time >= next)
            next = speak(time, key_every);
        if (time - tended > 20000000) {
            tend(time, leaving && !hold ? 1 : hold, at_first);
            tended = time;
        }
        steady = at_first && hold && running >= at_first;
        if (!measured_from && (steady || running == total) && (hold || up_now + ended == total) && (hold || time - begin >= total / rate * 1e9 + 2e9)) {
            measured_from = time;
            measuring = 1;
            puts("up"), fflush(stdout);
        }
        if (measured_from && !leaving && time - measured_from >= seconds) {
            measuring = steady; /* their calls go on to their end */
            leaving = time;
            printf("measured\n"), fflush(stdout);
        }
        struct pollfd both[2] = {{sip, POLLIN, 0}, {rtp, POLLIN, 0}};
        int64_t rest = next - now();
        struct timespec wait = {0, rest > 0 ? rest : 0};
        if (ppoll(both, 2, &wait, NULL) > 0) {
            if (both[0].revents)
                receive(sip, 1);
            if (both[1].revents)
                receive(rtp, 0);
        }
    }
    printf("{\"calls\": %d, \"failed\": %d, \"ended_by_line\": %d, \"packets\": %lld, \"late\": %lld, \"lost\": %lld, "
           "\"repeated\": %lld, \"keys\": %d, \"unanswered\": %d, \"wrong\": %d, \"finished\": %d, \"most\": %d",
           total, failed, broken, packets, late, lost, duplicates, keys_pressed, keys_unanswered, wrong, finished,
           most_up);
    spread("key_begin_ms", key_begin_ms, key_count);
    spread("key_end_ms", key_end_ms, key_count);
    spread("answer_ms", answer_ms, answer_count);
    spread("setup_ms", setup_ms, setup_count);
    printf(", \"workers\": [");
    for (unsigned i = 0, first = 1; i < sizeof workers / sizeof *workers; i++)
        if (workers[i].answered || workers[i].failed)
            printf("%s{\"port\": %d, \"answered\": %d, \"finished\": %d, \"failed\": %d}", first ? "" : ", ",
                   workers[i].port, workers[i].answered, workers[i].finished, workers[i].failed), first = 0;
    printf("], \"codes\": {");
    for (int i = 0, first = 1; i < 700; i++)
        if (codes[i])
            printf("%s\"%d\": %d", first ? "" : ", ", i, codes[i]), first = 0;
    printf("}}\n");
    return 0;
}
