import { keepEarlySignals } from './early-signals.js';

keepEarlySignals();
// Everything else is loaded after that.
await import('./main.js');
