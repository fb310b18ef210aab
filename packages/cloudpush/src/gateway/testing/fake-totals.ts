/** The counts of a destination, or of a channel, that has sent nothing. */
export const TOTALS = {
  bytesSent: 0,
  videoFrames: 0,
  audioFrames: 0,
  dataMessages: 0,
  droppedDisposable: 0,
  droppedPictures: 0,
  droppedUndecodable: 0,
  droppedAudio: 0,
  lostPictures: 0,
  lostAudio: 0,
  reconnects: 0,
  moves: 0,
};
