import './texts';
import './admin.css';
import { NotFound } from '../shared/not-found';
import { AuditPage } from './audit-page';
import { ConnectionsPage } from './connections-page';
import { FiguresPage } from './figures-page';
import { ReportPage } from './report-page';
import { ReportsPage } from './reports-page';
import { useAddress } from './use-address';
import { UserPage } from './user-page';
import { UsersPage } from './users-page';

/** What superusers see. */
export default function AdminPages() {
  const { path } = useAddress();
  const userId = /^\/admin\/users\/(\d{1,15})$/.exec(path)?.[1];
  if (userId !== undefined) return <UserPage key={userId} id={Number(userId)} />;
  const reportId = /^\/admin\/reports\/(\d{1,15})$/.exec(path)?.[1];
  if (reportId !== undefined) return <ReportPage key={reportId} id={Number(reportId)} />;
  if (path === '/admin/reports') return <ReportsPage />;
  if (path === '/admin/users') return <UsersPage />;
  if (path === '/admin/connections') return <ConnectionsPage />;
  if (path === '/admin/audit') return <AuditPage />;
  if (path === '/admin/figures') return <FiguresPage />;
  return <NotFound />;
}
