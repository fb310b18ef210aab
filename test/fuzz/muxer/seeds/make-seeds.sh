#!/bin/sh
# Makes the seeds anew, in this folder. Other versions of the encoders give other bytes: that is fine, too.
set -eu
cd "$(dirname "$0")"
ff() { ffmpeg -hide_banner -nostdin -loglevel error -y "$@"; }
picture='-f lavfi -i testsrc2=s=80x48:r=25:d=0.4'
hdr='master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400'
hdr="$hdr:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
layers='temporal-layers=1:slices=2:hrd=1:vbv-maxrate=300:vbv-bufsize=300:repeat-headers=1:keyint=4'
hrd='interlaced=1:nal-hrd=vbr:vbv-maxrate=300:vbv-bufsize=300:intra-refresh=1:cqm=jvt'
six='0.1*sin(400*t)|0.1*sin(500*t)|0.1*sin(600*t)|0.1*sin(700*t)|0.1*sin(800*t)|0.1*sin(900*t)'
# shellcheck disable=SC2086 # the picture is several words
{
  ff $picture -c:v libx264 -bf 2 -threads 1 -pix_fmt yuv420p -f h264 x264-high.h264
  ff $picture -c:v libx264 -profile:v baseline -threads 1 -x264-params slices=3:aud=1 -pix_fmt yuv420p \
    -f h264 x264-baseline-slices.h264
  ff $picture -c:v libx264 -threads 1 -x264-params "$hrd" -pix_fmt yuv422p10le -f h264 x264-interlaced-422.h264
  ff $picture -c:v libx265 -x265-params log-level=none:info=0:pools=none:frame-threads=1:bframes=2:aud=1 \
    -pix_fmt yuv420p -f hevc x265-main.h265
  ff $picture -c:v libx265 -x265-params "log-level=none:info=0:pools=none:frame-threads=1:$layers:$hdr" \
    -pix_fmt yuv420p10le -f hevc x265-main10-hdr.h265
  ff $picture -c:v libaom-av1 -cpu-used 8 -usage realtime -b:v 50k -pix_fmt yuv420p -f obu aom.obu
  ff $picture -c:v libvpx-vp9 -b:v 50k -threads 1 -f ivf vpx.ivf
}
ff -f lavfi -i sine=d=0.3 -c:a aac -b:a 24k -f adts aac-44100-mono.aac
ff -f lavfi -i "aevalsrc=$six:s=48000:d=0.15" -af 'pan=hexagonal|c0=c0|c1=c1|c2=c2|c3=c3|c4=c4|c5=c5' \
  -c:a aac -b:a 64k -f adts aac-pce.aac
ff -f lavfi -i sine=d=0.3 -c:a libmp3lame -b:a 32k -id3v2_version 0 -f mp3 lame-mpeg1.mp3
ff -f lavfi -i sine=d=0.3:r=16000 -c:a libmp3lame -b:a 16k -f mp3 lame-mpeg2.mp3
ff -f lavfi -i sine=d=0.3:r=48000 -c:a libopus -b:a 16k -f ogg opus.ogg
ff -f lavfi -i sine=d=0.5:r=8000 -c:a flac -frame_size 576 -f flac flac.flac
ff -f lavfi -i sine=d=0.1:r=48000 -c:a ac3 -b:a 32k -f ac3 ac3.ac3
ff -f lavfi -i sine=d=0.2:r=44100 -c:a eac3 -b:a 32k -f eac3 eac3.eac3
