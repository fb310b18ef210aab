#!/usr/bin/env bash
# Makes the bundled clip, clip.h264 and clip.aac: 3.2 s that loop without drift.
#
# 3.2 s is the shortest useful length in which whole pictures and whole AAC frames end together:
# 80 pictures at 25 fps = 150 AAC frames of 1024 samples at 48 kHz = 153,600 samples.
#
# The video is what a camera sends: 1280x720, High profile, no B-frames, closed GOP of 1.6 s, parameter
# sets before every IDR picture. The test picture shows the time and the frame number.
# One thread and bit-exact flags: the same encoders make the same bytes.
set -euo pipefail
cd "$(dirname "$0")"

fps=25
frames=80
gop=40
rate=48000
aac_frames=150

encode=(ffmpeg -hide_banner -loglevel error -nostdin -y -threads 1 -fflags +bitexact)

"${encode[@]}" -f lavfi -i "testsrc2=size=1280x720:rate=$fps" -frames:v "$frames" \
  -c:v libx264 -profile:v high -preset medium -pix_fmt yuv420p -bf 0 -g "$gop" -keyint_min "$gop" -sc_threshold 0 \
  -b:v 1200k -maxrate 1500k -bufsize 2400k -x264-params threads=1:open-gop=0:nal-hrd=none \
  -flags:v +bitexact -f h264 clip.h264

# A low and a high note that swell in opposite directions, both with whole periods in 3.2 s. Three rounds are
# encoded and the middle one is kept, so that the encoder's start-up is not in the loop.
samples=$((aac_frames * 1024))
left="0.4*sin(2*PI*440*t)*(0.6+0.4*sin(2*PI*t/3.2))"
right="0.4*sin(2*PI*660*t)*(0.6-0.4*sin(2*PI*t/3.2))"
"${encode[@]}" -f lavfi -i "aevalsrc=$left|$right:sample_rate=$rate:nb_samples=1024" \
  -af "atrim=end_sample=$((3 * samples))" -c:a aac -profile:a aac_low -b:a 96k -flags:a +bitexact \
  -bsf:a "noise=drop=lt(n\,$aac_frames)+gte(n\,$((2 * aac_frames)))" -f adts clip.aac
