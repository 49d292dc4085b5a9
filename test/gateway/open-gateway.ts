// A gateway on a free port, configured by variables like `coppice gateway`.

import type { Gateway, GatewaySettings } from '../../client/gateway/start-gateway.ts';
import { startGateway } from '../../client/gateway/start-gateway.ts';

export async function openGateway(settings: Omit<GatewaySettings, 'port'>): Promise<Gateway> {
  const gateway = await startGateway({ ...settings, port: 0 });
  if (gateway === null) throw new Error('no medium is configured');
  return gateway;
}
