import { keepEarlySignals } from './early-signals.js';
import { tellVersion } from './version.js';

keepEarlySignals();
// Everything else is loaded after that, and nothing of it for those who only ask for the version.
const [word, ...others] = process.argv.slice(2);
if (others.length === 0 && (word === '--version' || word === '-V')) tellVersion();
else await import('./main.js');
