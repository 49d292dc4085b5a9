// A gateway on a free port or a given one, configured by variables like `coppice gateway`.

import type { Gateway, GatewaySettings } from '../../client/gateway/start-gateway.ts';
import { startGateway } from '../../client/gateway/start-gateway.ts';

export async function openGateway(settings: Omit<GatewaySettings, 'port'>, port = 0): Promise<Gateway> {
  const gateway = await startGateway({ ...settings, port });
  if (gateway === null) throw new Error('no medium is configured');
  return gateway;
}
