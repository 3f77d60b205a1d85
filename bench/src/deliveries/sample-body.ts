/** The body of a postCreateUser for the user, as large as the hook contract's sample with a few attributes of the tenant's own. */
export function sampleBody(userId: string): string {
  const user = {
    id: userId,
    login: `shreyash.${userId.slice(-8)}`,
    firstName: 'Shreyash2',
    lastName: 'Pande2',
    displayName: 'Shreyash2 Pande2',
    email: `shreyash.${userId.slice(-8)}@example.com`,
    mobile: '+91 98765 43210',
    userType: 'Employee',
    country: 'IN',
    department: 'Treasury',
    title: 'Senior analyst',
    manager: 'usr_01k7m2q8w9e3r4t5y6u7j8k9m0',
    assignedGroups: ['grp_01k7m2q8w9e3r4t5y6u7j8k9m1', 'grp_01k7m2q8w9e3r4t5y6u7j8k9m2'],
    provisionedApps: { crm: { login: 'shreyash.pande', roles: ['seller', 'reader'] }, ledger: { login: 'SPANDE2' } },
    status: 'active',
    costCentre: 'CC-4711',
    attributes: { badge: 'B-90210', shift: 'late', building: 'Pune 4', floor: 7, remote: false },
    securityQuestion: {},
    createdAt: '2024-05-06T07:08:09.010Z',
    updatedAt: '2024-05-06T07:08:09.010Z',
    version: 1,
  };
  return JSON.stringify({ request: { user } });
}
