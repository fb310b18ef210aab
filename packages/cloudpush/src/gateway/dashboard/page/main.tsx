import { render } from 'preact';
import { App } from './app.js';
import { followKeyboard } from './keyboard.js';
import { followGateway, followLocation } from './store.js';

followLocation();
followKeyboard();
void followGateway();
render(<App />, document.querySelector('#page')!);
