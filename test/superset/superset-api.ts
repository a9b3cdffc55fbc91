import type { SupersetProcess } from './superset-process.ts';

/** What Superset answers for one query of a chart. */
export interface ChartRows {
  readonly rowcount: number;
  readonly data: readonly Readonly<Record<string, string | number | null>>[];
}

/** Superset's REST API, as its administrator. */
export interface SupersetApi {
  /** All assets of a kind: id and name. */
  assets(kind: 'database' | 'dataset' | 'chart' | 'dashboard'): Promise<readonly { id: number; name: string }[]>;
  /** @param query  a query context, as pages send it */
  chartData(query: object): Promise<readonly ChartRows[]>;
}

const NAMES = { database: 'database_name', dataset: 'table_name', chart: 'slice_name', dashboard: 'dashboard_title' };

/** Logs in. */
export async function supersetApi({ url, user, password }: SupersetProcess): Promise<SupersetApi> {
  const login = await fetch(`${url}/api/v1/security/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: user, password, provider: 'db' }),
  });
  const { access_token: token } = (await login.json()) as { access_token: string };
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/v1${path}`, { ...init, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  return {
    assets: async (kind) => {
      const { result } = (await ask(`/${kind}/?q=(page_size:100)`)) as { result: Record<string, string | number>[] };
      return result.map((each) => ({ id: Number(each['id']), name: String(each[NAMES[kind]]) }));
    },
    chartData: async (query) => {
      const answer = await ask('/chart/data', { method: 'POST', body: JSON.stringify(query) });
      return (answer as { result: readonly ChartRows[] }).result;
    },
  };
}
