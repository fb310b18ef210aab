/* floor_sender.c - the least that any publisher can do: one write() per packet on N connections, paced in real time.
 *   floor_sender [-u] PORT CHANNELS SECONDS BYTES PER_SECOND [BYTES PER_SECOND [KEY_BYTES GROUP]]
 * Each pair is a track: packets of that size, that often on every channel; with -u in the same order, but unpaced.
 * Every GROUP-th packet of the first track has KEY_BYTES instead; each channel is at another place in its group.
 * Prints bytes, packets, user and system CPU seconds as one line of JSON. Peer: floor_sink.
 * Build: cc -O2 -Wall -Wextra -o floor_sender floor_sender.c
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct track { int size; double rate; long sent; };

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

/* When the track's next packet is due, in seconds from the start: its channels take turns within an interval. */
static double due(const struct track *t, int channels) { return (double)t->sent / (t->rate * channels); }

int main(int argc, char **argv) {
    int paced = argc < 2 || strcmp(argv[1], "-u");
    if (!paced) argc--, argv++;
    if (argc != 6 && argc != 8 && argc != 10) {
        fprintf(stderr, "usage: %s [-u] PORT CHANNELS SECONDS BYTES PER_SECOND [BYTES PER_SECOND [KEY_BYTES GROUP]]\n", argv[0]);
        return 2;
    }
    int port = atoi(argv[1]), channels = atoi(argv[2]), tracks = argc == 6 ? 1 : 2, one = 1;
    int key_bytes = argc == 10 ? atoi(argv[8]) : 0;
    long group = argc == 10 ? atol(argv[9]) : 1;
    double seconds = atof(argv[3]);
    struct track track[2] = { { atoi(argv[4]), atof(argv[5]), 0 }, { 0, 0, 0 } };
    if (tracks == 2) { track[1].size = atoi(argv[6]); track[1].rate = atof(argv[7]); }
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int *fd = calloc(channels, sizeof *fd);
    for (int i = 0; i < channels; i++) {
        fd[i] = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (connect(fd[i], (struct sockaddr *)&a, sizeof a)) { perror("connect"); return 1; }
    }
    int largest = track[0].size > track[1].size ? track[0].size : track[1].size;
    if (largest < key_bytes) largest = key_bytes;
    char *packet = malloc(largest);
    memset(packet, 7, largest);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double start = now();
    unsigned long long bytes = 0, packets = 0;
    for (;;) {
        struct track *t = tracks == 2 && due(&track[1], channels) < due(&track[0], channels) ? &track[1] : &track[0];
        double elapsed = now() - start, at = due(t, channels);
        if (elapsed >= seconds) break;
        if (paced && elapsed < at) usleep((at - elapsed) * 1e6);
        int channel = t->sent % channels, size = t->size;
        if (key_bytes && t == &track[0] && (t->sent / channels + channel * group / channels) % group == 0) size = key_bytes;
        for (int off = 0; off < size;) {
            ssize_t w = write(fd[channel], packet + off, size - off);
            if (w <= 0) { perror("write"); return 1; }
            off += w;
        }
        t->sent++;
        packets++;
        bytes += size;
    }
    getrusage(RUSAGE_SELF, &after);
#define SECONDS(field) ((after.field.tv_sec - before.field.tv_sec) + (after.field.tv_usec - before.field.tv_usec) / 1e6)
    printf("{\"bytes\":%llu,\"packets\":%llu,\"seconds\":%.3f,\"user\":%.3f,\"system\":%.3f}\n",
           bytes, packets, now() - start, SECONDS(ru_utime), SECONDS(ru_stime));
    return 0;
}
