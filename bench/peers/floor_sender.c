/* floor_sender.c - the least that any publisher can do: one write() per packet on N connections, paced in real time.
 *   floor_sender [-u | -t | -r] PORT CHANNELS SECONDS BYTES PER_SECOND [BYTES PER_SECOND [KEY_BYTES GROUP]]
 * Each pair is a track: packets of that size, that often on every channel, the channels taking turns.
 * Without an option it sleeps before each packet;
 *   -u  unpaced: the same order, and no sleep;
 *   -t  one sleep a millisecond: at each tick whatever is due by then is written, packet by packet;
 *   -r  the same ticks, and the second track rides: its packets wait for the channel's next one of the first track, and
 *       all leave in one writev(). What still waits at the end is not sent, and not counted.
 * Every GROUP-th packet of the first track has KEY_BYTES instead; each channel is at another place in its group.
 * Prints bytes, packets, calls of write() and writev(), user and system CPU seconds as one line of JSON. Peer: floor_sink.
 * Build: cc -O2 -Wall -Wextra -o floor_sender floor_sender.c
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define TICK 0.001
#define MOST_RIDING 64

struct track { int size; double rate; long sent; };

static int *fd, *riding;
static char *packet;
static unsigned long long bytes, packets, calls;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

/* When the track's next packet is due, in seconds from the start: its channels take turns within an interval. */
static double due(const struct track *t, int channels) { return (double)t->sent / (t->rate * channels); }

static void fail(const char *what) { perror(what); exit(1); }

/* Writes one packet of `size` bytes, in front of it those that ride: the kernel may take it in parts. */
static void send_packet(int channel, int size, int riding_size) {
    int waiting = riding[channel], left = size;
    if (waiting > 0) {
        struct iovec parts[MOST_RIDING + 1];
        for (int i = 0; i < waiting; i++) parts[i] = (struct iovec){ packet, riding_size };
        parts[waiting] = (struct iovec){ packet, size };
        left += waiting * riding_size;
        ssize_t written = writev(fd[channel], parts, waiting + 1);
        if (written <= 0) fail("writev");
        riding[channel] = 0;
        packets += waiting;
        bytes += written;
        left -= written;
        calls++;
    }
    packets++;
    while (left > 0) {
        ssize_t written = write(fd[channel], packet, left < size ? left : size);
        if (written <= 0) fail("write");
        bytes += written;
        left -= written;
        calls++;
    }
}

static void sleep_until(double at) {
    double left = at - now();
    if (left > 0) usleep(left * 1e6);
}

int main(int argc, char **argv) {
    int unpaced = 0, ticks = 0, rides = 0;
    const char *name = argv[0];
    for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
        if (!strcmp(argv[1], "-u")) unpaced = 1;
        else if (!strcmp(argv[1], "-t")) ticks = 1;
        else if (!strcmp(argv[1], "-r")) ticks = rides = 1;
        else argc = 0;
    }
    if ((argc != 6 && argc != 8 && argc != 10) || unpaced + ticks > 1) {
        fprintf(stderr, "usage: %s [-u | -t | -r] PORT CHANNELS SECONDS BYTES PER_SECOND "
                "[BYTES PER_SECOND [KEY_BYTES GROUP]]\n", name);
        return 2;
    }
    int port = atoi(argv[1]), channels = atoi(argv[2]), tracks = argc == 6 ? 1 : 2, one = 1;
    int key_bytes = argc == 10 ? atoi(argv[8]) : 0;
    long group = argc == 10 ? atol(argv[9]) : 1;
    double seconds = atof(argv[3]);
    struct track track[2] = { { atoi(argv[4]), atof(argv[5]), 0 }, { 0, 0, 0 } };
    if (tracks == 2) { track[1].size = atoi(argv[6]); track[1].rate = atof(argv[7]); }
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    fd = calloc(channels, sizeof *fd);
    riding = calloc(channels, sizeof *riding);
    for (int i = 0; i < channels; i++) {
        fd[i] = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (connect(fd[i], (struct sockaddr *)&a, sizeof a)) fail("connect");
    }
    int largest = track[0].size > track[1].size ? track[0].size : track[1].size;
    if (largest < key_bytes) largest = key_bytes;
    packet = malloc(largest);
    memset(packet, 7, largest);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double start = now();
    double elapsed = 0;
    for (;;) {
        struct track *t = tracks == 2 && due(&track[1], channels) < due(&track[0], channels) ? &track[1] : &track[0];
        double at = due(t, channels);
        /* With ticks the clock is looked at once a tick, not once a packet. */
        if (!ticks || elapsed < at) elapsed = now() - start;
        if (elapsed >= seconds) break;
        if (!unpaced && elapsed < at) {
            if (!ticks) sleep_until(start + at);
            else {
                sleep_until(start + ((long)(at / TICK) + 1) * TICK);
                continue;
            }
        }
        int channel = t->sent % channels, size = t->size;
        if (key_bytes && t == &track[0] && (t->sent / channels + channel * group / channels) % group == 0) size = key_bytes;
        t->sent++;
        if (rides && t == &track[1] && riding[channel] < MOST_RIDING) riding[channel]++;
        else send_packet(channel, size, track[1].size);
    }
    getrusage(RUSAGE_SELF, &after);
#define SECONDS(field) ((after.field.tv_sec - before.field.tv_sec) + (after.field.tv_usec - before.field.tv_usec) / 1e6)
    printf("{\"bytes\":%llu,\"packets\":%llu,\"calls\":%llu,\"seconds\":%.3f,\"user\":%.3f,\"system\":%.3f}\n",
           bytes, packets, calls, now() - start, SECONDS(ru_utime), SECONDS(ru_stime));
    return 0;
}
