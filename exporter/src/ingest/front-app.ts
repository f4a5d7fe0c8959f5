import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { eventsPath } from './http-handler';
import { problemBody } from './problem';

/** Everything on the ingest port that is not `POST /v1/events`: what this is, and a clear 404. */
export function createFrontApp(info: { readonly service: string; readonly version: string }): Express {
  const app = express();
  app.use(helmet({ strictTransportSecurity: false }));
  app.get('/', (_request, response) => {
    response.json({ ...info, send_events: `POST ${eventsPath}` });
  });
  app.use((request: Request, response: Response) => {
    const detail = `There is nothing at ${request.path}: send events with POST ${eventsPath}`;
    response
      .status(404)
      .type('application/problem+json')
      .send(JSON.stringify(problemBody('not_found', detail)));
  });
  // Four parameters tell express that this handles errors, such as a path that can't be decoded.
  app.use((_error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const detail = 'The request line can not be read';
    response
      .status(400)
      .type('application/problem+json')
      .send(JSON.stringify(problemBody('bad_request', detail)));
  });
  return app;
}
