import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

// Polling takes several connections, which would go to several nodes; a WebSocket is one.
const socket = io(process.env.P2P_URL ?? 'http://localhost:9000', { transports: ['websocket'] });
const station = p2pClientPlugin(socket, 'station', { isService: true });

station.createTopic('weather');

station.provideService('forecast', function (day) {
  console.log(`${this.caller} asks for ${day}`);
  return 'sunny';
});

// One publication, wherever the subscribers are.
station.provideService('report', (weather) => station.publishTopic('weather', weather));

station.once('connect', () => console.log('ready'));
