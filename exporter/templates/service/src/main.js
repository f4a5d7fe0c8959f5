import { createApp } from './app.js';
import { createOwnService } from './service.js';

const service = createOwnService();

// Prints one line when it is ready, and drains on SIGTERM.
await service.listen(createApp(service), process.env.LISTEN ?? '127.0.0.1:8080');
