#!/usr/bin/python3
"""RTSP cameras of GStreamer's gst-rtsp-server, in real time, from the files of a folder.

usage: rtsp-camera.py PORT FOLDER [--auth digest|basic USER PASSWORD] [--tls PEM]

Files: clip.mp4 (H.264, AAC), h265.mp4 (H.265, AAC), bframes.mp4 (H.264).

When a mount with a network simulator has played its file, a line tells what the simulator let through:
"impaired " and JSON: mount, lost (between the first and the last packet that left), doubled, cut (behind the last one that
left).
"""
import json
import random
import sys
import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
gi.require_version('GstRtsp', '1.0')
gi.require_version('Gio', '2.0')
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer

PAY = {
    codec: f'{codec}parse config-interval=-1 ! rtp{codec}pay name=pay0 pt=96 aggregate-mode=zero-latency'
    for codec in ('h264', 'h265')
}
AAC = 'aacparse ! rtpmp4gpay name=pay1 pt=97'
LATM = 'aacparse ! rtpmp4apay name=pay1 pt=97'
X264 = 'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=300'
# Some groups of pictures are whole, some are not.
LOSS_SEED = 2
TCP_AND_UDP = GstRtsp.RTSPLowerTrans.UDP | GstRtsp.RTSPLowerTrans.TCP


def file_source(path, codec, audio=None):
    text = f'( filesrc location={path} ! qtdemux name=d d.video_0 ! queue ! {PAY[codec]} '
    return text + (f'd.audio_0 ! queue ! {audio} )' if audio else ')')


def live_source(audio):
    video = f'videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 ! {X264} ! {PAY["h264"]}'
    return f'( {video} audiotestsrc is-live=true ! {audio} )'


def g711(encoder, payloader, payload_type):
    return f'audio/x-raw,rate=8000,channels=1 ! {encoder} ! {payloader} name=pay1 pt={payload_type}'


def mounts(folder):
    clip, h265, bframes = (f'{folder}/{name}.mp4' for name in ('clip', 'h265', 'bframes'))
    return {
        '/h264': file_source(clip, 'h264', AAC),
        '/h264latm': file_source(clip, 'h264', LATM),
        '/h265': file_source(h265, 'h265', AAC),
        '/bframes': file_source(bframes, 'h264'),
        '/live264': live_source(g711('mulawenc', 'rtppcmupay', 0)),
        '/live264a': live_source(g711('alawenc', 'rtppcmapay', 8)),
        '/live264aac': live_source(f'audio/x-raw,rate=48000,channels=2 ! voaacenc ! {AAC}'),
    }


def number_of(info):
    return int.from_bytes(info.get_buffer().extract_dup(2, 2), 'big')


class Counts:
    """
    Sequence numbers of the packets that go into a network simulator, and of those that come out of it.
    Losses are made here: the simulator's own are others with each run.
    """

    def __init__(self, simulator, loss):
        self.entered, self.left = [], []
        self.is_over = False
        self.chance = random.Random(LOSS_SEED)
        self.loss = loss
        # Not lists of buffers: the simulator takes none, so each of their buffers passes once more by itself.
        simulator.get_static_pad('sink').add_probe(Gst.PadProbeType.BUFFER, self.enter)
        out = simulator.get_static_pad('src')
        out.add_probe(Gst.PadProbeType.BUFFER, self.leave)
        out.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self.note_end)

    def enter(self, _, info):
        self.entered.append(number_of(info))
        return Gst.PadProbeReturn.DROP if self.chance.random() < self.loss else Gst.PadProbeReturn.OK

    def leave(self, _, info):
        # A packet that comes out behind the end goes nowhere.
        if not self.is_over:
            self.left.append(number_of(info))
        return Gst.PadProbeReturn.OK

    def note_end(self, _, info):
        self.is_over = self.is_over or info.get_event().type == Gst.EventType.EOS
        return Gst.PadProbeReturn.OK

    def tell(self, mount):
        places = {number: place for place, number in enumerate(self.entered)}
        left = {places[number] for number in self.left}
        lost = max(left) - min(left) + 1 - len(left)
        cut = len(self.entered) - 1 - max(left)
        counts = {'mount': mount, 'lost': lost, 'doubled': len(self.left) - len(left), 'cut': cut}
        print(f'impaired {json.dumps(counts)}', flush=True)


class Impaired(GstRtspServer.RTSPMediaFactory):
    """A payloader with a network simulator behind it: loss, duplicates, late packets."""

    def __init__(self, path, codec, impairment='', loss=0):
        super().__init__()
        self.path, self.codec, self.impairment, self.loss = path, codec, impairment, loss
        self.connect('media-configure', self.count)

    def count(self, _, media):
        top = media.get_element()
        counts = Counts(top.get_by_name('simulator'), self.loss)
        media.connect('unprepared', lambda _: counts.tell(self.name))

    def do_create_element(self, url):
        text = f'filesrc location={self.path} ! qtdemux name=d d.video_0 ! queue name=q'
        top = Gst.parse_bin_from_description(text, False)
        payloader = PAY[self.codec].replace('name=pay0 ', '')
        pay = Gst.parse_bin_from_description(f'{payloader} ! netsim name=simulator {self.impairment}', True)
        pay.set_name('pay0')
        top.add(pay)
        top.get_by_name('q').link(pay)
        return top


def impaired_mounts(folder):
    shuffled = 'delay-probability=0.2 min-delay=1 max-delay=8 allow-reordering=true'
    return {
        '/lossy264': Impaired(f'{folder}/clip.mp4', 'h264', loss=0.02),
        '/lossy265': Impaired(f'{folder}/h265.mp4', 'h265', loss=0.02),
        '/shuffled264': Impaired(f'{folder}/clip.mp4', 'h264', shuffled),
        '/doubled264': Impaired(f'{folder}/clip.mp4', 'h264', 'duplicate-probability=0.1'),
    }


def viewer():
    token = GstRtspServer.RTSPToken()
    token.set_string('media.factory.role', 'viewer')
    return token


def protection(arguments):
    """Authentication and TLS; None when neither is asked for."""
    auth = None
    if '--auth' in arguments:
        kind, user, password = arguments[arguments.index('--auth') + 1:][:3]
        auth = GstRtspServer.RTSPAuth()
        if kind == 'digest':
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            auth.add_digest(user, password, viewer())
        else:
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), viewer())
    if '--tls' in arguments:
        pem = arguments[arguments.index('--tls') + 1]
        if auth is None:
            auth = GstRtspServer.RTSPAuth()
            auth.set_default_token(viewer())
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(pem))
    return auth


def permission():
    text = 'viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true'
    structure = Gst.Structure.new_from_string(text)
    return structure[0] if isinstance(structure, tuple) else structure


def main():
    port, folder, *arguments = sys.argv[1:]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address('127.0.0.1')
    server.set_service(port)
    auth = protection(arguments)
    if auth:
        server.set_auth(auth)
    points = server.get_mount_points()
    for path, text in mounts(folder).items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(text)
        factory.set_shared('live' in path)  # as a camera's are; files begin anew for each client
        factory.set_protocols(TCP_AND_UDP)
        if auth:
            factory.add_role_from_structure(permission())
        points.add_factory(path, factory)
    for path, factory in impaired_mounts(folder).items():
        factory.name = path.strip('/')
        factory.set_protocols(TCP_AND_UDP)
        points.add_factory(path, factory)
    server.attach(None)
    print('listening', flush=True)
    GLib.timeout_add_seconds(2, lambda: (server.get_session_pool().cleanup(), True)[1])
    GLib.MainLoop().run()


main()
