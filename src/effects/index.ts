// What effects and commands may import as 'mailops/effects': the only code that changes the machine.
export {}
